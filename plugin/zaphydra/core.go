package zaphydra

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra"
	"go.uber.org/zap/zapcore"
)

// Keys of what zap keeps outside of a record's fields, named as in zap's production encoder. The name of a zap logger is that of
// the record's logger, which json-lines writes under LoggerKey.
const (
	LoggerKey = "logger"
	StackKey  = "stacktrace"
)

// DefaultDeliveryTimeout bounds the wait for delivery before a panic or an exit.
const DefaultDeliveryTimeout = 5 * time.Second

// Option changes what [NewCore] returns.
type Option func(*core)

// DeliveryTimeout sets how long Sync, and a record at DPanic, Panic or Fatal, wait for
// delivery. Default: [DefaultDeliveryTimeout]. Zero or less: until everything is delivered.
func DeliveryTimeout(d time.Duration) Option {
	return func(c *core) { c.timeout = d }
}

// Ctx is a field that gives records the ids and attributes of a context, as a call of Hydra-Logger's own does that is made with it:
//
//	logger.Info("paid", zaphydra.Ctx(ctx))
//	logger = logger.With(zaphydra.Ctx(ctx)) // for all records of a request
//
// It is not written itself, and other cores pass over it. The last one counts.
func Ctx(ctx context.Context) zapcore.Field {
	return zapcore.Field{Key: "context", Type: zapcore.SkipType, Interface: ctx}
}

// contextOf is the context of the last field of Ctx, else ctx.
func contextOf(ctx context.Context, fields []zapcore.Field) context.Context {
	for i := len(fields) - 1; i >= 0; i-- {
		if c, ok := fields[i].Interface.(context.Context); ok && fields[i].Type == zapcore.SkipType {
			return c
		}
	}
	return ctx
}

// Context sets the context whose ids the records carry, but for those with a field of [Ctx]. Default: context.Background().
func Context(ctx context.Context) Option {
	return func(c *core) { c.ctx = ctx }
}

type core struct {
	log     *hydra.Logger
	handler slog.Handler
	named   *atomic.Pointer[namedHandler] // the handler with the name that was needed last
	open    objectEncoder                 // what With has put into namespaces
	ctx     context.Context
	timeout time.Duration
}

// namedHandler is the handler of a core for one name of a zap logger.
type namedHandler struct {
	name string
	slog.Handler
}

// handlerOf returns the handler for records of a zap logger of this name.
func (c *core) handlerOf(name string) slog.Handler {
	if name == "" {
		return c.handler
	}
	if n := c.named.Load(); n != nil && n.name == name {
		return n.Handler
	}
	n := &namedHandler{name, c.handler.(interface{ Named(string) slog.Handler }).Named(name)}
	c.named.Store(n)
	return n.Handler
}

// NewCore returns a zap core that writes to log. A nil log writes nothing. The core does not
// close log. Its methods are safe for concurrent use.
func NewCore(log *hydra.Logger, opts ...Option) zapcore.Core {
	if log == nil {
		return zapcore.NewNopCore()
	}
	c := &core{log: log, handler: log.Handler(), named: new(atomic.Pointer[namedHandler]), ctx: context.Background(), timeout: DefaultDeliveryTimeout}
	for _, opt := range opts {
		opt(c)
	}
	return c
}

// LevelOf returns Hydra-Logger's level for one of zap's. Levels below Debug are TRACE.
func LevelOf(l zapcore.Level) slog.Level {
	switch {
	case l < zapcore.DebugLevel:
		return hydra.LevelTrace
	case l > zapcore.ErrorLevel:
		return hydra.LevelCritical
	}
	return slog.Level(l) * 4 // zap counts by one, slog by four, from Info at zero
}

// Enabled implements zapcore.LevelEnabler.
func (c *core) Enabled(l zapcore.Level) bool { return c.log.Enabled(c.ctx, LevelOf(l)) }

// Check implements zapcore.Core.
func (c *core) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return ce.AddCore(e, c)
	}
	return ce
}

// With implements zapcore.Core. Fields in front of a namespace are encoded once, here; zap's WithLazy calls it late.
func (c *core) With(fields []zapcore.Field) zapcore.Core {
	d := *c
	d.ctx = contextOf(c.ctx, fields)
	d.open = c.open.clone()
	for i := range fields {
		fields[i].AddTo(&d.open)
	}
	front := &d.open.attrs
	if len(d.open.outer) > 0 {
		front = &d.open.outer[0].attrs
	}
	d.handler = c.handler.WithAttrs(*front)
	d.named = new(atomic.Pointer[namedHandler])
	*front = nil
	return &d
}

// Write implements zapcore.Core. At DPanic and above it returns when the record is
// delivered, or with the error that says what is pending.
func (c *core) Write(e zapcore.Entry, fields []zapcore.Field) error {
	r := slog.NewRecord(e.Time, LevelOf(e.Level), e.Message, 0)
	if e.Caller.Defined {
		r.PC = e.Caller.PC + 1 // zap keeps the address of the call, slog wants that of the return
	}
	enc := c.open.clone()
	for i := range fields {
		fields[i].AddTo(&enc)
	}
	r.AddAttrs(enc.finish()...)
	if e.Stack != "" {
		r.AddAttrs(slog.String(StackKey, e.Stack))
	}
	if err := c.handlerOf(e.LoggerName).Handle(contextOf(c.ctx, fields), r); err != nil {
		return err
	}
	if e.Level > zapcore.ErrorLevel {
		return c.Sync()
	}
	return nil
}

// Sync implements zapcore.Core: it waits until everything that was accepted is delivered.
func (c *core) Sync() error {
	ctx := context.WithoutCancel(c.ctx)
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	return c.log.Flush(ctx)
}
