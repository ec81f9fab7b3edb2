package amqphydra

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hydra-logger/hydra"
)

type logger struct {
	log   *hydra.Logger
	level slog.Level
}

// NewLogger returns a logger for amqp091.SetLogger that writes to log. The client has no levels: what it says is written at
// level. A nil log writes nothing. Where a log destination goes through this client, give it a log that does not lead there.
func NewLogger(log *hydra.Logger, level slog.Level) amqp.Logging { return logger{log, level} }

// Printf implements amqp091.Logging.
func (l logger) Printf(format string, v ...any) {
	if ctx := context.Background(); l.log.Enabled(ctx, l.level) {
		l.log.Log(ctx, l.level, strings.TrimRight(fmt.Sprintf(format, v...), "\r\n"))
	}
}
