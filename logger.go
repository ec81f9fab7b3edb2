package hydra

import (
	"context"
	"log/slog"
	"math"
	"sync/atomic"

	"github.com/hydra-logger/hydra/record"
)

// Logger writes records to a layer. Get one from [Open], [Parse] or [New], and
// others from it with [Logger.Layer], [Logger.With] and [Logger.WithGroup].
//
// A Logger is safe for any number of goroutines. A nil *Logger and [Discard] log
// nothing. The context of a log call may be nil or cancelled; its ids and
// attributes are written with the record, its end is ignored.
type Logger struct {
	h    *handle
	e    *engine // h.e, a load less for each call
	slot *slot
	// name is the record's layer: that of the slot, or what the caller asked for when
	// that is not configured and the slot is the fallback's.
	name    string
	logger  string // as written in records: empty unless the configuration names the logger
	bound   *record.Bound
	unknown *atomic.Uint64 // counts records of a name that is not configured; else nil
	root    bool           // Close closes the handle
}

// Trace logs at [LevelTrace].
func (l *Logger) Trace(ctx context.Context, msg string, attrs ...slog.Attr) {
	if l.enabled(LevelTrace) {
		l.log(ctx, LevelTrace, msg, attrs)
	}
}

// Debug logs at [LevelDebug].
func (l *Logger) Debug(ctx context.Context, msg string, attrs ...slog.Attr) {
	if l.enabled(LevelDebug) {
		l.log(ctx, LevelDebug, msg, attrs)
	}
}

// Info logs at [LevelInfo].
func (l *Logger) Info(ctx context.Context, msg string, attrs ...slog.Attr) {
	if l.enabled(LevelInfo) {
		l.log(ctx, LevelInfo, msg, attrs)
	}
}

// Warn logs at [LevelWarning].
func (l *Logger) Warn(ctx context.Context, msg string, attrs ...slog.Attr) {
	if l.enabled(LevelWarning) {
		l.log(ctx, LevelWarning, msg, attrs)
	}
}

// Error logs at [LevelError].
func (l *Logger) Error(ctx context.Context, msg string, attrs ...slog.Attr) {
	if l.enabled(LevelError) {
		l.log(ctx, LevelError, msg, attrs)
	}
}

// Critical logs at [LevelCritical]. By default (sync_level) it returns when the
// local destinations have written the record, but after 250 ms at most.
func (l *Logger) Critical(ctx context.Context, msg string, attrs ...slog.Attr) {
	if l.enabled(LevelCritical) {
		l.log(ctx, LevelCritical, msg, attrs)
	}
}

// Log logs at any level.
func (l *Logger) Log(ctx context.Context, level slog.Level, msg string, attrs ...slog.Attr) {
	if l.enabled(level) {
		l.log(ctx, level, msg, attrs)
	}
}

// Enabled reports whether a record of this level would reach a destination. The context is not used.
func (l *Logger) Enabled(_ context.Context, level slog.Level) bool { return l.enabled(level) }

func (l *Logger) enabled(level slog.Level) bool {
	return l != nil && l.slot != nil && int64(level) >= l.slot.now.Load().threshold.Load()
}

// Layer returns a logger for the named layer, with the attributes of l. It is
// cheap; keep it. A name that is not configured uses layer "default" if there is
// one, else the root level and the destinations of the first layer; its records
// carry the name that was asked for, and [Logger.Health] counts them.
// Close on the result closes nothing.
func (l *Logger) Layer(name string) *Logger {
	if l == nil || l.e == nil {
		return l
	}
	d := l.derive()
	known := false
	d.slot, known = l.e.slots.of(name)
	d.name = name
	d.unknown = nil
	if !known {
		d.unknown = l.e.unknown.counter(name)
	}
	return d
}

// With returns a logger whose records carry attrs. They are encoded once, here.
// Close on the result closes nothing.
func (l *Logger) With(attrs ...slog.Attr) *Logger {
	if l == nil || l.e == nil || len(attrs) == 0 {
		return l
	}
	d := l.derive()
	d.bound = l.bound.With(attrs)
	return d
}

// WithGroup returns a logger that puts the attributes of its records, and of
// later With calls, into a group. An empty name returns l.
func (l *Logger) WithGroup(name string) *Logger {
	if l == nil || l.e == nil || name == "" {
		return l
	}
	d := l.derive()
	d.bound = l.bound.WithGroup(name)
	return d
}

// Named returns a logger whose records carry name as that of their logger, in place of the configured one. Layers, levels and
// destinations stay. An empty name returns l. Close on the result closes nothing.
func (l *Logger) Named(name string) *Logger {
	if l == nil || l.e == nil || name == "" {
		return l
	}
	d := l.derive()
	d.logger = name
	return d
}

func (l *Logger) derive() *Logger {
	d := *l
	d.root = false
	return &d
}

// discardLayer passes no level.
var discardLayer = func() *slot {
	ly := &layer{name: "discard"}
	ly.threshold.Store(math.MaxInt64)
	return fixedSlot(ly)
}()

// Discard logs nothing. Its methods are safe to call.
var Discard = &Logger{slot: discardLayer}
