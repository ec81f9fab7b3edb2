// Package rpclog is what the interceptors of plugin/grpclog and plugin/connectlog share: one record a call, levels by code, ids in
// and out. It knows neither gRPC nor Connect; services use those plugins, the author of another one uses [Middleware.Server] and
// [Middleware.Client].
package rpclog
