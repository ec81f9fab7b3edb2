module github.com/hydra-logger/hydra/plugin/zaphydra

go 1.26

require (
	github.com/hydra-logger/hydra v0.0.0
	go.uber.org/goleak v1.3.0
	go.uber.org/zap v1.28.0
)
