module github.com/hydra-logger/hydra/plugin/connect2log

go 1.26

require (
	connectrpc.com/connect/v2 v2.0.2
	github.com/hydra-logger/hydra v0.0.0
	go.uber.org/goleak v1.3.0
	google.golang.org/protobuf v1.36.12
)
