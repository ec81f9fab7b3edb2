// Package grpclog logs gRPC calls, one record a call, and carries ids across them in the metadata (x-correlation-id,
// x-causation-id, traceparent).
//
//	logs, err := grpclog.New(grpclog.Options{Logger: log})
//	server := grpc.NewServer(grpc.ChainUnaryInterceptor(logs.UnaryServer()), grpc.ChainStreamInterceptor(logs.StreamServer()))
//	conn, err := grpc.NewClient(target, grpc.WithChainUnaryInterceptor(logs.UnaryClient()), grpc.WithChainStreamInterceptor(logs.StreamClient()))
//
// Levels are by code, those of go-grpc-middleware: [rpclog.ServerLevel], [rpclog.ClientLevel]. Health checks are not logged while
// they succeed. Handlers find the call's logger with hydra.FromContext(ctx) and add to its record with [rpclog.SetAttrs].
//
// What gRPC logs itself comes through [NewLoggerV2]:
//
//	grpclog.SetLoggerV2(hydragrpc.NewLoggerV2(log.Layer("grpc"), 0)) // of google.golang.org/grpc/grpclog, before any call
package grpclog
