package kafkagohydra

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

type logger struct {
	log   *hydra.Logger
	level slog.Level
}

// NewLogger returns a logger for the fields Logger and ErrorLogger of readers, writers and groups, which says all at one level. A nil log
// writes nothing.
func NewLogger(log *hydra.Logger, level slog.Level) kafka.Logger { return logger{log, level} }

// Printf implements kafka.Logger.
func (l logger) Printf(format string, v ...any) {
	if ctx := context.Background(); l.log.Enabled(ctx, l.level) {
		l.log.Log(ctx, l.level, strings.TrimRight(fmt.Sprintf(format, v...), "\r\n"))
	}
}

// Inject writes the ids of ctx into the headers of a message: correlation_id, causation_id and traceparent, but for those that are there.
func Inject(ctx context.Context, m *kafka.Message) {
	if _, some := correlation.FromContext(ctx); !some {
		return
	}
	own := len(m.Headers)
	m.Headers = slices.Clip(m.Headers) // messages may share what their headers are a part of
	correlation.Inject(ctx, correlation.Pairs(headers(m), func(name string, value []byte) {
		if !slices.ContainsFunc(m.Headers[:own], func(h kafka.Header) bool { return h.Key == name }) {
			m.Headers = append(m.Headers, kafka.Header{Key: name, Value: value})
		}
	}))
}

// Extract returns a context with the ids of a message that came in; see [correlation.Extract]. The message id is the header
// message_id, or else topic/partition/offset.
func Extract(ctx context.Context, m kafka.Message) context.Context {
	return correlation.Extract(ctx, read{correlation.Pairs(headers(&m), nil), &m})
}

func headers(m *kafka.Message) func(yield func(string, []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for _, h := range m.Headers {
			if !yield(h.Key, h.Value) {
				return
			}
		}
	}
}

// read carries the ids of a message that may have no id but its place.
type read struct {
	correlation.Carrier
	m *kafka.Message
}

// Get returns the message's place for a message id that is not there.
func (r read) Get(name string) string {
	v := r.Carrier.Get(name)
	if v != "" || name != "message_id" {
		return v
	}
	place := r.m.Topic + "/" + strconv.Itoa(r.m.Partition) + "/" + strconv.FormatInt(r.m.Offset, 10)
	if !correlation.Valid(place) {
		return "" // a topic with too long a name
	}
	return place
}
