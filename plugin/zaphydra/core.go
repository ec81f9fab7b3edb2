package zaphydra

import (
	"context"
	"log/slog"
	"time"

	"github.com/hydra-logger/hydra"
	"go.uber.org/zap/zapcore"
)

// Keys of what zap keeps outside of a record's fields, named as in zap's production encoder.
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

// Context sets the context whose ids the records carry. Default: context.Background().
func Context(ctx context.Context) Option {
	return func(c *core) { c.ctx = ctx }
}

type core struct {
	log     *hydra.Logger
	handler slog.Handler
	open    objectEncoder // what With has put into namespaces
	ctx     context.Context
	timeout time.Duration
}

// NewCore returns a zap core that writes to log. A nil log writes nothing. The core does not
// close log. Its methods are safe for concurrent use.
func NewCore(log *hydra.Logger, opts ...Option) zapcore.Core {
	if log == nil {
		return zapcore.NewNopCore()
	}
	c := &core{log: log, handler: log.Handler(), ctx: context.Background(), timeout: DefaultDeliveryTimeout}
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
	d.open = c.open.clone()
	for i := range fields {
		fields[i].AddTo(&d.open)
	}
	front := &d.open.attrs
	if len(d.open.outer) > 0 {
		front = &d.open.outer[0].attrs
	}
	d.handler = c.handler.WithAttrs(*front)
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
	if e.LoggerName != "" {
		r.AddAttrs(slog.String(LoggerKey, e.LoggerName))
	}
	enc := c.open.clone()
	for i := range fields {
		fields[i].AddTo(&enc)
	}
	r.AddAttrs(enc.finish()...)
	if e.Stack != "" {
		r.AddAttrs(slog.String(StackKey, e.Stack))
	}
	if err := c.handler.Handle(c.ctx, r); err != nil {
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
