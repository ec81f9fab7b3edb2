package natsdest

import (
	"bytes"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/record"
)

// message makes the message of one record. Its data is the batch's.
func (d *Driver) message(b *destination.Batch, it *destination.Item) *nats.Msg {
	var v record.View
	if v.Decode(it.Raw) != nil {
		v = record.View{Level: it.Level} // the formatted record goes on its way without ids
	}
	header := nats.Header{}
	put(header, nats.MsgIdHdr, destination.IdempotencyKey(it))
	put(header, "correlation_id", v.IDs.CorrelationID)
	put(header, "causation_id", v.IDs.CausationID)
	put(header, "message_id", v.IDs.MessageID)
	put(header, "traceparent", correlation.Traceparent(&v.IDs))
	return &nats.Msg{Subject: subject(d.o.Subject, &v), Header: header, Data: bytes.TrimSuffix(b.Data[it.Start:it.End], []byte("\n"))}
}

// put sets a header that has a value. What would end the line is replaced: an id comes from outside.
func put(h nats.Header, key, value string) {
	if value != "" {
		h[key] = []string{strings.Map(printable, value)}
	}
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return '_'
	}
	return r
}

// subject fills in a template.
func subject(template string, v *record.View) string {
	if !strings.Contains(template, "{") {
		return template
	}
	return strings.NewReplacer("{layer}", token(v.Layer), "{level}", destination.LevelWord(v.Level), "{logger}", token(v.Logger)).Replace(template)
}

// token is a part of a subject: no dot, no wildcard, no space.
func token(s string) string {
	if s == "" {
		return "_"
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(".*>", r) {
			return '_'
		}
		return r
	}, s)
}
