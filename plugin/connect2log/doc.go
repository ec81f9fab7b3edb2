// Package connect2log logs the calls of connectrpc.com/connect/v2 (for version 1: plugin/connectlog), one record a call, and
// carries ids across them in the headers (X-Correlation-ID, X-Causation-ID, traceparent), whatever the transport.
//
//	logs, err := connect2log.New(connect2log.Options{Logger: log})
//	server := connect.NewServer(logs.Server)
//	client := connect.NewClient(connecthttp.NewTransport(http.DefaultClient, url), logs.Client)
//
// Levels are by code, those of go-grpc-middleware: [rpclog.ServerLevel], [rpclog.ClientLevel]. Health checks are not logged while
// they succeed. Handlers find the call's logger with hydra.FromContext(ctx) and add to its record with [rpclog.SetAttrs].
package connect2log
