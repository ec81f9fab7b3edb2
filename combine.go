package hydra

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/hydra-logger/hydra/health"
)

// Combined hands every record to several loggers: see [Combine]. Its methods are those of [Logger] and are safe for
// concurrent use.
type Combined struct{ members []*Logger }

// Combine returns a logger that logs to all of loggers, each with its own levels, layers, processors and journal. One that is
// closed or full does not keep a record from the others. A nil one is left out, and one that is named twice is used once.
func Combine(loggers ...*Logger) *Combined {
	c := &Combined{}
	for _, l := range loggers {
		if l != nil && !slices.Contains(c.members, l) {
			c.members = append(c.members, l)
		}
	}
	return c
}

// each makes a combined logger of what f makes of the members.
func (c *Combined) each(f func(*Logger) *Logger) *Combined {
	out := &Combined{members: make([]*Logger, len(c.members))}
	for i, l := range c.members {
		out.members[i] = f(l)
	}
	return out
}

// Layer is [Logger.Layer] of every member.
func (c *Combined) Layer(name string) *Combined {
	return c.each(func(l *Logger) *Logger { return l.Layer(name) })
}

// With is [Logger.With] of every member.
func (c *Combined) With(attrs ...slog.Attr) *Combined {
	return c.each(func(l *Logger) *Logger { return l.With(attrs...) })
}

// Named is [Logger.Named] of every member.
func (c *Combined) Named(name string) *Combined {
	return c.each(func(l *Logger) *Logger { return l.Named(name) })
}

// WithGroup is [Logger.WithGroup] of every member.
func (c *Combined) WithGroup(name string) *Combined {
	return c.each(func(l *Logger) *Logger { return l.WithGroup(name) })
}

// Enabled reports whether a member would accept a record of this level.
func (c *Combined) Enabled(ctx context.Context, level slog.Level) bool {
	return slices.ContainsFunc(c.members, func(l *Logger) bool { return l.Enabled(ctx, level) })
}

// Log logs at any level.
func (c *Combined) Log(ctx context.Context, level slog.Level, msg string, attrs ...slog.Attr) {
	for _, l := range c.members {
		l.Log(ctx, level, msg, attrs...)
	}
}

// Trace logs at [LevelTrace].
func (c *Combined) Trace(ctx context.Context, msg string, attrs ...slog.Attr) {
	c.Log(ctx, LevelTrace, msg, attrs...)
}

// Debug logs at [LevelDebug].
func (c *Combined) Debug(ctx context.Context, msg string, attrs ...slog.Attr) {
	c.Log(ctx, LevelDebug, msg, attrs...)
}

// Info logs at [LevelInfo].
func (c *Combined) Info(ctx context.Context, msg string, attrs ...slog.Attr) {
	c.Log(ctx, LevelInfo, msg, attrs...)
}

// Warn logs at [LevelWarning].
func (c *Combined) Warn(ctx context.Context, msg string, attrs ...slog.Attr) {
	c.Log(ctx, LevelWarning, msg, attrs...)
}

// Error logs at [LevelError].
func (c *Combined) Error(ctx context.Context, msg string, attrs ...slog.Attr) {
	c.Log(ctx, LevelError, msg, attrs...)
}

// Critical logs at [LevelCritical].
func (c *Combined) Critical(ctx context.Context, msg string, attrs ...slog.Attr) {
	c.Log(ctx, LevelCritical, msg, attrs...)
}

// LogBatch is [Logger.LogBatch] of every member.
func (c *Combined) LogBatch(ctx context.Context, records []Record) {
	for _, l := range c.members {
		l.LogBatch(ctx, records)
	}
}

// Handler returns the members as one [slog.Handler].
func (c *Combined) Handler() slog.Handler {
	handlers := make([]slog.Handler, len(c.members))
	for i, l := range c.members {
		handlers[i] = l.Handler()
	}
	return slog.NewMultiHandler(handlers...) // none of ours panics, waits or fails
}

// Slog returns a [slog.Logger] that writes to all members.
func (c *Combined) Slog() *slog.Logger { return slog.New(c.Handler()) }

// Health returns the reports of the members, in their order.
func (c *Combined) Health() []health.Report {
	out := make([]health.Report, len(c.members))
	for i, l := range c.members {
		out[i] = l.Health()
	}
	return out
}

// Flush is [Logger.Flush] of every member. The errors are joined.
func (c *Combined) Flush(ctx context.Context) error {
	return c.all(func(l *Logger) error { return l.Flush(ctx) })
}

// Sync is [Logger.Sync] of every member. The errors are joined.
func (c *Combined) Sync(ctx context.Context) error {
	return c.all(func(l *Logger) error { return l.Sync(ctx) })
}

// Close closes every member, whether the others could be closed or not. The errors are joined.
func (c *Combined) Close() error { return c.all((*Logger).Close) }

func (c *Combined) all(f func(*Logger) error) error {
	var errs []error
	for _, l := range c.members {
		errs = append(errs, f(l))
	}
	return errors.Join(errs...)
}
