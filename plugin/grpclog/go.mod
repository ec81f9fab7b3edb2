module github.com/hydra-logger/hydra/plugin/grpclog

go 1.26

require (
	github.com/hydra-logger/hydra v0.0.0
	google.golang.org/grpc v1.85.0
	go.uber.org/goleak v1.3.0
)
