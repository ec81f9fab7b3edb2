module github.com/hydra-logger/hydra/plugin/saramahydra

go 1.26

require (
	github.com/IBM/sarama v1.61.1
	github.com/hydra-logger/hydra v0.0.0
	github.com/twmb/franz-go/pkg/kfake v0.0.0-20260918054303-01f206a7e32c
	go.uber.org/goleak v1.3.0
)
