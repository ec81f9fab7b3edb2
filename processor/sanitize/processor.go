package sanitize

import (
	"context"
	"log/slog"

	"github.com/hydra-logger/hydra/record"
)

// Process cleans the message, the keys, and all values of a record. It keeps every record.
func (s *Sanitizer) Process(_ context.Context, e *record.Event) bool {
	c := cleaner{s: s, left: s.o.MaxRecord}
	e.Message = c.text(e.Message)
	e.IDs.CorrelationID = c.text(e.IDs.CorrelationID)
	e.IDs.CausationID = c.text(e.IDs.CausationID)
	e.IDs.MessageID = c.text(e.IDs.MessageID)
	c.attrs(e.Attrs)
	return true
}

// cleaner cleans one record.
type cleaner struct {
	s    *Sanitizer
	left int // bytes that the rest of the record may have, when MaxRecord is set
}

func (c *cleaner) text(t string) string {
	if c.s.Dirty(t) {
		t = c.s.Clean(t)
	}
	if c.s.o.MaxRecord > 0 {
		t = Cut(t, max(c.left, 1))
		c.left -= len(t)
	}
	return t
}

func (c *cleaner) attrs(list []slog.Attr) {
	for i := range list {
		list[i].Key = c.text(list[i].Key)
		list[i].Value = c.value(list[i].Value)
	}
}

func (c *cleaner) value(v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindString:
		if t := v.String(); c.s.o.MaxRecord > 0 || c.s.Dirty(t) {
			return slog.StringValue(c.text(t))
		}
	case slog.KindGroup:
		c.attrs(v.Group())
	case slog.KindAny:
		switch x := v.Any().(type) {
		case *record.Error:
			return slog.AnyValue(x.Map(c.text))
		case *record.List:
			for i := range x.Values {
				x.Values[i] = c.value(x.Values[i])
			}
		case record.Mark:
			return slog.AnyValue(record.Mark(c.text(string(x))))
		}
	}
	return v
}
