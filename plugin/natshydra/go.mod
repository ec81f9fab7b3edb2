module github.com/hydra-logger/hydra/plugin/natshydra

go 1.26

require (
	github.com/hydra-logger/hydra v0.0.0
	github.com/nats-io/nats-server/v2 v2.15.2
	github.com/nats-io/nats.go v1.55.0
	go.uber.org/goleak v1.3.0
)
