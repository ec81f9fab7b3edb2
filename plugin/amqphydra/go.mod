module github.com/hydra-logger/hydra/plugin/amqphydra

go 1.26

require (
	github.com/hydra-logger/hydra v0.0.0
	github.com/rabbitmq/amqp091-go v1.16.0
	go.uber.org/goleak v1.3.0
)
