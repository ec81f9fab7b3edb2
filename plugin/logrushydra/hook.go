// Package logrushydra lets programs that log with github.com/sirupsen/logrus write to Hydra-Logger.
//
//	logrus.AddHook(logrushydra.NewHook(log))
//	logrus.SetOutput(io.Discard) // unless logrus shall go on writing too
//
// Call sites stay as they are; fields are written sorted by key. Levels are those of the same
// names, Panic and Fatal are CRITICAL. The records carry the ids of the entry's context, and
// the caller when logrus.SetReportCaller(true) is on. logrus filters by its own level first, then
// the layer's level decides.
package logrushydra

import (
	"context"
	"log/slog"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/sirupsen/logrus"
)

// DeliveryTimeout is how long an entry at Panic or Fatal waits for delivery.
const DeliveryTimeout = 5 * time.Second

// Hook is a logrus.Hook. It is safe for concurrent use, and does not close its logger.
type Hook struct {
	log     *hydra.Logger
	handler slog.Handler
}

var _ logrus.Hook = (*Hook)(nil)

// NewHook returns a hook that writes to log. A nil log writes nothing.
func NewHook(log *hydra.Logger) *Hook {
	if log == nil {
		log = hydra.Discard
	}
	return &Hook{log: log, handler: log.Handler()}
}

// Levels implements logrus.Hook: all of them.
func (h *Hook) Levels() []logrus.Level { return logrus.AllLevels }

// LevelOf returns Hydra-Logger's level for one of logrus.
func LevelOf(l logrus.Level) slog.Level {
	switch l {
	case logrus.TraceLevel:
		return hydra.LevelTrace
	case logrus.DebugLevel:
		return hydra.LevelDebug
	case logrus.InfoLevel:
		return hydra.LevelInfo
	case logrus.WarnLevel:
		return hydra.LevelWarning
	case logrus.ErrorLevel:
		return hydra.LevelError
	}
	return hydra.LevelCritical
}

// Fire implements logrus.Hook. At Panic and Fatal it returns when the entry is delivered, or
// after [DeliveryTimeout] with the error that says what is pending.
func (h *Hook) Fire(e *logrus.Entry) error {
	ctx := e.Context
	if ctx == nil {
		ctx = context.Background()
	}
	r := slog.NewRecord(e.Time, LevelOf(e.Level), e.Message, 0)
	if e.Caller != nil {
		r.PC = e.Caller.PC + 1 // logrus keeps the call's address, slog wants the return's
	}
	r.AddAttrs(hydra.Fields(e.Data)...)
	if err := h.handler.Handle(ctx, r); err != nil {
		return err
	}
	if e.Level > logrus.FatalLevel {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), DeliveryTimeout)
	defer cancel()
	return h.log.Flush(ctx)
}
