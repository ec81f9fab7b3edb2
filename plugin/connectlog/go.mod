module github.com/hydra-logger/hydra/plugin/connectlog

go 1.26

require (
	connectrpc.com/connect v1.21.1
	github.com/hydra-logger/hydra v0.0.0
	go.uber.org/goleak v1.3.0
	google.golang.org/protobuf v1.36.12
)
