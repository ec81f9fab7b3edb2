module github.com/hydra-logger/hydra/plugin/watermillhydra

go 1.26

require (
	github.com/ThreeDotsLabs/watermill v1.5.1
	github.com/hydra-logger/hydra v0.0.0
	go.uber.org/goleak v1.3.0
)
