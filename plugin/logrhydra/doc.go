// Package logrhydra lets programs that log with github.com/go-logr/logr (Kubernetes, controller-runtime) write to Hydra-Logger.
//
//	logger := logrhydra.New(log)
//
// Call sites stay as they are. Values keep their names and order, WithName is written as "logger" with a slash between parts, an
// error as "error", a V-level above 0 also as "v". A value that implements logr.Marshaler is what its MarshalLog returns.
//
// V(n) has level INFO minus n, as logr has it for log/slog: V(0) is INFO, V(1) to V(4) count as DEBUG, V(5) and above as TRACE. The
// layer's level decides what is enabled, so SetLevel of Hydra-Logger is the verbosity. logr.ToSlogHandler gives the slog.Handler of
// the sink without a detour.
package logrhydra
