module github.com/hydra-logger/hydra/plugin/connectlog

go 1.26

require (
	github.com/hydra-logger/hydra v0.0.0
	connectrpc.com/connect v1.21.1
	go.uber.org/goleak v1.3.0
)
