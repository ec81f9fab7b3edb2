package redishydra

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// Logger is a logger for redis.SetLogger: see [NewLogger].
type Logger struct {
	log   *hydra.Logger
	level slog.Level
}

// NewLogger returns a logger for redis.SetLogger that writes to log. go-redis has no levels: what it says, which is mostly about connections
// that fail, is written at level. A nil log writes nothing. Where a log destination goes through go-redis (plugin/redisdest), give it
// a log that does not lead there.
func NewLogger(log *hydra.Logger, level slog.Level) *Logger { return &Logger{log: log, level: level} }

// Printf is what go-redis calls. The record carries the ids of ctx.
func (l *Logger) Printf(ctx context.Context, format string, v ...any) {
	if l.log.Enabled(ctx, l.level) {
		l.log.Log(ctx, l.level, strings.TrimRight(fmt.Sprintf(format, v...), "\r\n"))
	}
}

// Extract returns a context with the ids of an entry of a stream; see [correlation.Extract]. The message id is that of the
// entry, unless it has a field message_id.
func Extract(ctx context.Context, m redis.XMessage) context.Context {
	return correlation.Extract(ctx, entry{correlation.Table(m.Values), m.ID})
}

type entry struct {
	correlation.Table
	id string
}

// Get returns the entry's own id for a message id that is not there.
func (e entry) Get(name string) string {
	v := e.Table.Get(name)
	if v == "" && name == "message_id" {
		return e.id
	}
	return v
}
