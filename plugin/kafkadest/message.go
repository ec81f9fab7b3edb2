package kafkadest

import (
	"bytes"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/record"
)

// message makes the message of one record. It holds nothing of the batch: it may outlive it.
func (d *Driver) message(b *destination.Batch, it *destination.Item) *kgo.Record {
	var v record.View
	if v.Decode(it.Raw) != nil {
		v = record.View{Level: it.Level} // the formatted record goes on its way without ids
	}
	m := &kgo.Record{Topic: d.o.Topic, Value: bytes.Clone(bytes.TrimSuffix(b.Data[it.Start:it.End], []byte("\n")))}
	if strings.Contains(m.Topic, "{layer}") {
		m.Topic = topicName(strings.ReplaceAll(m.Topic, "{layer}", v.Layer))
	}
	put := func(key, value string) {
		if value != "" {
			m.Headers = append(m.Headers, kgo.RecordHeader{Key: key, Value: []byte(value)})
		}
	}
	put("record_id", destination.IdempotencyKey(it))
	put("correlation_id", v.IDs.CorrelationID)
	put("causation_id", v.IDs.CausationID)
	put("message_id", v.IDs.MessageID)
	put("traceparent", correlation.Traceparent(&v.IDs))
	if v.IDs.CorrelationID != "" {
		m.Key = []byte(v.IDs.CorrelationID)
	}
	return m
}

// topicName makes a name that Kafka takes.
func topicName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, s)
	return s[:min(len(s), 249)]
}
