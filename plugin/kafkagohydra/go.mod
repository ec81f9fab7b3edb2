module github.com/hydra-logger/hydra/plugin/kafkagohydra

go 1.26

require (
	github.com/hydra-logger/hydra v0.0.0
	github.com/segmentio/kafka-go v0.4.51
	github.com/twmb/franz-go/pkg/kfake v0.0.0-20260918054303-01f206a7e32c
	go.uber.org/goleak v1.3.0
)

// What kfake needs, which asks for an older one.
require (
	github.com/twmb/franz-go v1.22.2 // indirect
	github.com/twmb/franz-go/pkg/kmsg v1.15.0 // indirect
)
