package amqpdest

import (
	"bytes"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/record"
)

// message makes the message of one record. Its body is the batch's: it is written before a publish returns.
func (d *Driver) message(b *destination.Batch, it *destination.Item) (key string, m amqp.Publishing) {
	var v record.View
	if v.Decode(it.Raw) != nil {
		v = record.View{Level: it.Level} // the formatted record goes on its way without ids
	}
	headers := amqp.Table{}
	put := func(name, value string) {
		if value != "" {
			headers[name] = value
		}
	}
	put("correlation_id", v.IDs.CorrelationID)
	put("causation_id", v.IDs.CausationID)
	put("message_id", v.IDs.MessageID)
	put("traceparent", correlation.Traceparent(&v.IDs))
	m = amqp.Publishing{Headers: headers, DeliveryMode: amqp.Persistent, MessageId: destination.IdempotencyKey(it), Body: body(b, it)}
	if m.MessageId == "" { // a notice that is not of the journal: a return has to tell which message it is of
		m.MessageId = correlation.New()
	}
	if len(v.IDs.CorrelationID) <= maxShort {
		m.CorrelationId = v.IDs.CorrelationID
	}
	return routingKey(d.o.RoutingKey, &v), m
}

func body(b *destination.Batch, it *destination.Item) []byte {
	return bytes.TrimSuffix(b.Data[it.Start:it.End], []byte("\n"))
}

// routingKey fills in a template. A dot in a layer's name stays: it makes more words for a topic exchange.
func routingKey(template string, v *record.View) string {
	key := template
	if strings.Contains(template, "{") {
		key = strings.NewReplacer("{layer}", v.Layer, "{level}", destination.LevelWord(v.Level), "{logger}", v.Logger).Replace(template)
	}
	return key[:min(len(key), maxShort)]
}
