package hydra

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/correlation"
)

// The keys of the attributes that the records of an [Operation] have.
const (
	OperationKey       = "operation"           // its name
	OperationIDKey     = "operation_id"        // ties start and end together
	OperationParentKey = "operation_parent_id" // the operation that it is part of
	OperationPhaseKey  = "phase"               // start or end
	DurationKey        = "duration"            // of what has ended
)

type operationKey struct{}

// Operation is one piece of work with a start and an end, made by [Begin].
type Operation struct {
	log   *Logger
	ctx   context.Context
	attrs []slog.Attr // of both records, the phase last
	name  string
	id    string
	began time.Time
	ended atomic.Bool
}

// Begin starts an operation and logs that at DEBUG, with the logger of ctx (see [FromContext]). The returned context is for the work:
// it has a correlation id in any case, and operations begun with it are part of this one.
//
//	func charge(ctx context.Context, o Order) (err error) {
//		ctx, op := hydra.Begin(ctx, "charge card", slog.String("order_id", o.ID))
//		defer op.End(&err)
func Begin(ctx context.Context, name string, attrs ...slog.Attr) (context.Context, *Operation) {
	ctx = correlation.Ensure(ctx, "")
	op := &Operation{log: FromContext(ctx), name: name, id: correlation.New(), began: time.Now()}
	op.attrs = append(slices.Clone(attrs), slog.String(OperationKey, name), slog.String(OperationIDKey, op.id))
	if parent, _ := ctx.Value(operationKey{}).(*Operation); parent != nil {
		op.attrs = append(op.attrs, slog.String(OperationParentKey, parent.id))
	}
	op.attrs = append(op.attrs, slog.String(OperationPhaseKey, "start"))
	op.ctx = context.WithValue(ctx, operationKey{}, op)
	if op.log.enabled(LevelDebug) {
		op.log.log(op.ctx, LevelDebug, name, op.attrs)
	}
	return op.ctx, op
}

// End logs how the operation ended, with its duration: at ERROR with the error when *err is not nil, else at INFO. err may be nil.
// Deferred directly, it also sees a panic, which is logged as the error and goes on. All calls but the first do nothing.
func (o *Operation) End(err *error) {
	panicked := recover()
	if o != nil && !o.ended.Swap(true) {
		level, attrs := o.outcome(err, panicked)
		if o.log.enabled(level) {
			o.log.log(o.ctx, level, o.name, attrs)
		}
	}
	if panicked != nil {
		panic(panicked)
	}
}

func (o *Operation) outcome(err *error, panicked any) (slog.Level, []slog.Attr) {
	attrs := slices.Clone(o.attrs)
	attrs[len(attrs)-1] = slog.String(OperationPhaseKey, "end")
	attrs = append(attrs, slog.Duration(DurationKey, time.Since(o.began)))
	switch {
	case panicked != nil:
		return LevelError, append(attrs, Err(fmt.Errorf("panic: %v", panicked)))
	case err != nil && *err != nil:
		return LevelError, append(attrs, Err(*err))
	}
	return LevelInfo, attrs
}
