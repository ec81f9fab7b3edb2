package watermillhydra

import (
	"context"
	"log/slog"

	"github.com/ThreeDotsLabs/watermill"

	"github.com/hydra-logger/hydra"
)

type adapter struct{ log *hydra.Logger }

// NewLogger returns a logger for Watermill that writes to log. Fields are written sorted by key, the error of an Error call under
// [hydra.ErrorKey]. A nil log writes nothing. The adapter does not close log.
func NewLogger(log *hydra.Logger) watermill.LoggerAdapter { return adapter{log: log} }

// Error implements watermill.LoggerAdapter.
func (a adapter) Error(msg string, err error, fields watermill.LogFields) {
	a.write(hydra.LevelError, msg, fields, hydra.Err(err))
}

// Info implements watermill.LoggerAdapter.
func (a adapter) Info(msg string, fields watermill.LogFields) { a.write(hydra.LevelInfo, msg, fields) }

// Debug implements watermill.LoggerAdapter.
func (a adapter) Debug(msg string, fields watermill.LogFields) {
	a.write(hydra.LevelDebug, msg, fields)
}

// Trace implements watermill.LoggerAdapter.
func (a adapter) Trace(msg string, fields watermill.LogFields) {
	a.write(hydra.LevelTrace, msg, fields)
}

// With implements watermill.LoggerAdapter. The fields are encoded once, here.
func (a adapter) With(fields watermill.LogFields) watermill.LoggerAdapter {
	return adapter{log: a.log.With(hydra.Fields(fields)...)}
}

func (a adapter) write(level slog.Level, msg string, fields watermill.LogFields, more ...slog.Attr) {
	ctx := context.Background()
	if a.log.Enabled(ctx, level) {
		a.log.Log(ctx, level, msg, append(hydra.Fields(fields), more...)...)
	}
}
