package asynqhydra

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/hibiken/asynq"

	"github.com/hydra-logger/hydra"
)

// FatalTimeout is how long a message at Fatal waits for delivery.
const FatalTimeout = 5 * time.Second

type logger struct{ log *hydra.Logger }

// NewLogger returns a logger for asynq.Config that writes to log, Fatal at CRITICAL. It does not end the process at Fatal, which
// asynq itself never calls: it waits until the record is delivered, at most [FatalTimeout]. asynq drops what is below its own
// LogLevel (INFO by default) first. A nil log writes nothing.
func NewLogger(log *hydra.Logger) asynq.Logger { return logger{log} }

// Debug implements asynq.Logger.
func (l logger) Debug(args ...any) { l.write(hydra.LevelDebug, args) }

// Info implements asynq.Logger.
func (l logger) Info(args ...any) { l.write(hydra.LevelInfo, args) }

// Warn implements asynq.Logger.
func (l logger) Warn(args ...any) { l.write(hydra.LevelWarning, args) }

// Error implements asynq.Logger.
func (l logger) Error(args ...any) { l.write(hydra.LevelError, args) }

// Fatal implements asynq.Logger.
func (l logger) Fatal(args ...any) {
	l.write(hydra.LevelCritical, args)
	ctx, cancel := context.WithTimeout(context.Background(), FatalTimeout)
	defer cancel()
	_ = l.log.Flush(ctx) // what is pending then is in the journal, or counted
}

func (l logger) write(level slog.Level, args []any) {
	if ctx := context.Background(); l.log.Enabled(ctx, level) {
		l.log.Log(ctx, level, strings.TrimRight(fmt.Sprint(args...), "\r\n"))
	}
}
