module github.com/hydra-logger/hydra/plugin/temporalhydra

go 1.26

require (
	github.com/hydra-logger/hydra v0.0.0
	go.temporal.io/api v1.63.5
	go.temporal.io/sdk v1.50.0
	go.uber.org/goleak v1.3.0
)
