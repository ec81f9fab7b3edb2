module github.com/hydra-logger/hydra/plugin/franzhydra

go 1.26

require (
	github.com/hydra-logger/hydra v0.0.0
	github.com/twmb/franz-go v1.22.2
	github.com/twmb/franz-go/pkg/kfake v0.0.0-20260918054303-01f206a7e32c
	go.uber.org/goleak v1.3.0
)
