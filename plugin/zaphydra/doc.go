// Package zaphydra lets programs that log with go.uber.org/zap write to Hydra-Logger.
//
//	logger := zap.New(zaphydra.NewCore(log), zap.AddCaller())
//
// Call sites stay as they are. Fields keep their names and order, a namespace
// becomes a group, an error field gives error and, as zap has it, errorVerbose and
// errorCauses. The name of a zap logger is that of the record's logger ("logger"), a
// stack is "stacktrace", and a field of [Ctx] gives the ids of a context. The layer's level decides what is enabled, so SetLevel of
// Hydra-Logger holds for zap too.
//
// Levels: Debug, Info, Warn and Error are the levels of the same names, DPanic,
// Panic and Fatal are CRITICAL. Before zap panics or exits, the core waits until
// every destination has the record, five seconds at most by default; see [DeliveryTimeout].
package zaphydra
