package redisdest

import (
	"bytes"
	"strings"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/record"
)

// fields are the entry of one record: names and values in turn.
func (d *Driver) fields(b *destination.Batch, it *destination.Item) (stream string, fields []any) {
	var v record.View
	if v.Decode(it.Raw) != nil {
		v = record.View{Level: it.Level} // the formatted record goes on its way without ids
	}
	fields = append(fields, "data", bytes.TrimSuffix(b.Data[it.Start:it.End], []byte("\n")))
	put := func(name, value string) {
		if value != "" {
			fields = append(fields, name, value)
		}
	}
	put("record_id", destination.IdempotencyKey(it))
	put("correlation_id", v.IDs.CorrelationID)
	put("causation_id", v.IDs.CausationID)
	put("message_id", v.IDs.MessageID)
	put("traceparent", correlation.Traceparent(&v.IDs))
	return strings.ReplaceAll(d.o.Stream, "{layer}", v.Layer), fields
}
