package logrhydra

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/go-logr/logr"
	"github.com/hydra-logger/hydra"
)

// Keys of what logr keeps outside of a record's values. The name of a logr logger is that of the record's logger, which json-lines
// writes under LoggerKey.
const (
	LoggerKey = "logger"
	LevelKey  = "v"
)

// Option changes what [NewSink] returns.
type Option func(*Sink)

// Context sets the context whose ids the records carry. Default: context.Background().
func Context(ctx context.Context) Option {
	return func(s *Sink) { s.ctx = ctx }
}

// Sink is a logr.LogSink. It is safe for concurrent use, and does not close its logger.
type Sink struct {
	log     *hydra.Logger
	handler slog.Handler
	ctx     context.Context
	name    string
	depth   int
}

var (
	_ logr.LogSink          = (*Sink)(nil)
	_ logr.CallDepthLogSink = (*Sink)(nil)
	_ logr.SlogSink         = (*Sink)(nil)
)

// New returns a logr.Logger that writes to log. A nil log writes nothing.
func New(log *hydra.Logger, opts ...Option) logr.Logger { return logr.New(NewSink(log, opts...)) }

// NewSink returns a sink for logr.New.
func NewSink(log *hydra.Logger, opts ...Option) *Sink {
	if log == nil {
		log = hydra.Discard
	}
	s := &Sink{log: log, handler: log.Handler(), ctx: context.Background()}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// LevelOf returns the level of V(v).
func LevelOf(v int) slog.Level { return max(slog.Level(-v), hydra.LevelTrace) }

// Init implements logr.LogSink.
func (s *Sink) Init(info logr.RuntimeInfo) { s.depth += info.CallDepth }

// Enabled implements logr.LogSink.
func (s *Sink) Enabled(v int) bool { return s.log.Enabled(s.ctx, LevelOf(v)) }

// Info implements logr.LogSink.
func (s *Sink) Info(v int, msg string, keysAndValues ...any) {
	attrs := attrsOf(keysAndValues)
	if v > 0 {
		attrs = append(attrs, slog.Int(LevelKey, v))
	}
	s.write(LevelOf(v), msg, attrs)
}

// Error implements logr.LogSink.
func (s *Sink) Error(err error, msg string, keysAndValues ...any) {
	s.write(hydra.LevelError, msg, append([]slog.Attr{hydra.Err(err)}, attrsOf(keysAndValues)...))
}

// write is called by Info and Error.
func (s *Sink) write(level slog.Level, msg string, attrs []slog.Attr) {
	var pc [1]uintptr
	runtime.Callers(3+s.depth, pc[:]) // Callers, write, Info
	r := slog.NewRecord(time.Now(), level, msg, pc[0])
	r.AddAttrs(attrs...)
	_ = s.Handle(s.ctx, r) // its error is always nil
}

// WithValues implements logr.LogSink. The values are encoded once, here.
func (s *Sink) WithValues(keysAndValues ...any) logr.LogSink {
	d := *s
	d.handler = s.handler.WithAttrs(attrsOf(keysAndValues))
	return &d
}

// WithName implements logr.LogSink.
func (s *Sink) WithName(name string) logr.LogSink {
	d := *s
	if d.name != "" {
		name = d.name + "/" + name
	}
	d.name = name
	d.handler = s.handler.(interface{ Named(string) slog.Handler }).Named(name)
	return &d
}

// WithCallDepth implements logr.CallDepthLogSink.
func (s *Sink) WithCallDepth(depth int) logr.LogSink {
	d := *s
	d.depth += depth
	return &d
}

// Handle implements logr.SlogSink. Its error is always nil.
func (s *Sink) Handle(ctx context.Context, r slog.Record) error { return s.handler.Handle(ctx, r) }

// WithAttrs implements logr.SlogSink.
func (s *Sink) WithAttrs(attrs []slog.Attr) logr.SlogSink {
	d := *s
	d.handler = s.handler.WithAttrs(attrs)
	return &d
}

// WithGroup implements logr.SlogSink.
func (s *Sink) WithGroup(name string) logr.SlogSink {
	d := *s
	d.handler = d.handler.WithGroup(name)
	return &d
}

// attrsOf pairs keys with values. Odd lists are named as logr's own funcr names them.
func attrsOf(list []any) []slog.Attr {
	attrs := make([]slog.Attr, 0, (len(list)+1)/2+2)
	for i := 0; i < len(list); i += 2 {
		key, ok := list[i].(string)
		if !ok {
			key = fmt.Sprintf("<non-string-key: %.16s>", fmt.Sprint(list[i]))
		}
		if i+1 == len(list) {
			attrs = append(attrs, slog.String(key, "<no-value>"))
			break
		}
		attrs = append(attrs, slog.Any(key, valueOf(list[i+1])))
	}
	return attrs
}

// valueOf lets a value say how it is logged. Times, durations and errors have types of their own in a record.
func valueOf(v any) (out any) {
	defer func() {
		if p := recover(); p != nil {
			out = fmt.Sprintf("<panic: %v>", p)
		}
	}()
	switch v := v.(type) {
	case logr.Marshaler:
		return v.MarshalLog()
	case time.Time, time.Duration, error, slog.LogValuer, slog.Value:
		return v
	case fmt.Stringer:
		return v.String()
	}
	return v
}
