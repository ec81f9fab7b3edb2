// Package connectlog logs the calls of connectrpc.com/connect (version 1), one record a call, and carries ids across them in the
// headers (X-Correlation-ID, X-Causation-ID, traceparent), for all three protocols that Connect speaks.
//
//	logs, err := connectlog.New(connectlog.Options{Logger: log})
//	path, handler := orderv1connect.NewOrderServiceHandler(orders, connect.WithInterceptors(logs))
//	client := orderv1connect.NewOrderServiceClient(http.DefaultClient, url, connect.WithInterceptors(logs))
//
// Levels are by code, those of go-grpc-middleware: [rpclog.ServerLevel], [rpclog.ClientLevel]. Health checks are not logged while
// they succeed. Handlers find the call's logger with hydra.FromContext(ctx) and add to its record with [rpclog.SetAttrs].
package connectlog
