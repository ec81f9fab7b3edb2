package temporalhydra

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	tlog "go.temporal.io/sdk/log"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/record"
)

// The keys that a logger takes for ids of its records, not for attributes, when With binds text to them.
const (
	CorrelationKey = "correlation_id"
	CausationKey   = "causation_id"
	MessageKey     = "message_id"
)

// logger is immutable.
type logger struct {
	log *hydra.Logger
	ctx context.Context
}

var (
	_ tlog.Logger     = logger{}
	_ tlog.WithLogger = logger{}
)

// NewLogger returns a logger for client.Options that writes to log. What With binds under [CorrelationKey], [CausationKey] and
// [MessageKey] becomes the ids of its records. A nil log writes nothing.
func NewLogger(log *hydra.Logger) tlog.Logger { return logger{log, context.Background()} }

// Debug implements log.Logger.
func (l logger) Debug(msg string, keyvals ...any) { l.write(hydra.LevelDebug, msg, keyvals) }

// Info implements log.Logger.
func (l logger) Info(msg string, keyvals ...any) { l.write(hydra.LevelInfo, msg, keyvals) }

// Warn implements log.Logger.
func (l logger) Warn(msg string, keyvals ...any) { l.write(hydra.LevelWarning, msg, keyvals) }

// Error implements log.Logger.
func (l logger) Error(msg string, keyvals ...any) { l.write(hydra.LevelError, msg, keyvals) }

// With implements log.WithLogger. The attributes are encoded once, here.
func (l logger) With(keyvals ...any) tlog.Logger {
	attrs := attributes(keyvals)
	ids, _ := correlation.FromContext(l.ctx)
	rest := slices.DeleteFunc(attrs, func(a slog.Attr) bool { return takeID(&ids, a) })
	if len(rest) < len(keyvals)/2 {
		l.ctx = correlation.With(l.ctx, ids)
	}
	l.log = l.log.With(rest...)
	return l
}

// takeID reports whether an attribute is an id that records have a place for.
func takeID(ids *record.IDs, a slog.Attr) bool {
	if a.Value.Kind() != slog.KindString || !correlation.Valid(a.Value.String()) {
		return false
	}
	switch a.Key {
	case CorrelationKey:
		ids.CorrelationID = a.Value.String()
	case CausationKey:
		ids.CausationID = a.Value.String()
	case MessageKey:
		ids.MessageID = a.Value.String()
	default:
		return false
	}
	return true
}

func (l logger) write(level slog.Level, msg string, keyvals []any) {
	if l.log.Enabled(l.ctx, level) {
		l.log.Log(l.ctx, level, msg, attributes(keyvals)...)
	}
}

func attributes(keyvals []any) []slog.Attr {
	attrs := make([]slog.Attr, 0, (len(keyvals)+1)/2)
	for i := 0; i < len(keyvals); i += 2 {
		key, isText := keyvals[i].(string)
		if !isText {
			key = fmt.Sprint(keyvals[i])
		}
		var value any
		if i+1 < len(keyvals) {
			value = keyvals[i+1]
		}
		attrs = append(attrs, slog.Any(key, value))
	}
	return attrs
}
