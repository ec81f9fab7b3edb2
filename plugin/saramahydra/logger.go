package saramahydra

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/IBM/sarama"

	"github.com/hydra-logger/hydra"
)

type logger struct {
	log   *hydra.Logger
	level slog.Level
}

// NewLogger returns a logger for sarama.Logger or sarama.DebugLogger, which every client of the process shares. sarama has
// no levels: what it says is written at level. A nil log writes nothing. No log destination may lead through sarama then.
func NewLogger(log *hydra.Logger, level slog.Level) sarama.StdLogger { return logger{log, level} }

// Print implements sarama.StdLogger.
func (l logger) Print(v ...any) { l.write(func() string { return fmt.Sprint(v...) }) }

// Printf implements sarama.StdLogger.
func (l logger) Printf(format string, v ...any) {
	l.write(func() string { return fmt.Sprintf(format, v...) })
}

// Println implements sarama.StdLogger.
func (l logger) Println(v ...any) { l.write(func() string { return fmt.Sprintln(v...) }) }

func (l logger) write(text func() string) {
	if ctx := context.Background(); l.log.Enabled(ctx, l.level) {
		l.log.Log(ctx, l.level, strings.TrimRight(text(), "\r\n"))
	}
}
