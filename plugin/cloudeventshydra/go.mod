module github.com/hydra-logger/hydra/plugin/cloudeventshydra

go 1.26

require (
	github.com/cloudevents/sdk-go/v2 v2.16.2
	github.com/hydra-logger/hydra v0.0.0
	go.uber.org/goleak v1.3.0
)
