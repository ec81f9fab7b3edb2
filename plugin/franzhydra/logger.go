package franzhydra

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/hydra-logger/hydra"
)

type logger struct{ log *hydra.Logger }

// NewLogger returns a logger for kgo.WithLogger that writes to log. The client asks it before each message for its level, which
// is that of log at the time, so that SetLevel and Reload of Hydra-Logger hold for the client. A nil log writes nothing.
func NewLogger(log *hydra.Logger) kgo.Logger { return logger{log: log} }

// Level implements kgo.Logger.
func (l logger) Level() kgo.LogLevel {
	for level := kgo.LogLevelDebug; level > kgo.LogLevelNone; level-- {
		if l.log.Enabled(context.Background(), LevelOf(level)) {
			return level
		}
	}
	return kgo.LogLevelNone
}

// LevelOf returns Hydra-Logger's level for one of the client's.
func LevelOf(l kgo.LogLevel) slog.Level {
	switch l {
	case kgo.LogLevelError:
		return hydra.LevelError
	case kgo.LogLevelWarn:
		return hydra.LevelWarning
	case kgo.LogLevelInfo:
		return hydra.LevelInfo
	}
	return hydra.LevelDebug
}

// Log implements kgo.Logger.
func (l logger) Log(level kgo.LogLevel, msg string, keyvals ...any) {
	ctx := context.Background()
	if level == kgo.LogLevelNone || !l.log.Enabled(ctx, LevelOf(level)) {
		return
	}
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
	l.log.Log(ctx, LevelOf(level), msg, attrs...)
}
