// Package otelhydra ties the Go API and SDK of OpenTelemetry, version 1.47 and later, to Hydra-Logger.
//
//	hydra.WithProcessor(otelhydra.SpanIDs())                              // records carry the ids of the span in their context
//	ctx = otelhydra.Context(ctx)                                          // the same for one context
//	hydra.WithDestination("", hydra.DestinationOptions{Name: "otel", Driver: otelhydra.NewDriver(provider)})
//	sdklog.NewLoggerProvider(sdklog.WithProcessor(otelhydra.NewProcessor(log))) // OpenTelemetry's records come to us
//
// For sending records to a collector no SDK is needed: the root module's destination type otlp does that by itself. This
// package is for programs that have the SDK anyway.
//
// The ids of a span count whether it is sampled or not: a trace id ties records together also when nobody keeps the spans.
package otelhydra
