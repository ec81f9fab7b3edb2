package mqttdest

import (
	"bytes"
	"strings"

	"github.com/eclipse/paho.golang/paho"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/record"
)

// message makes the message of one record. Its payload is the batch's: it is written, or copied, before a publish returns.
func (d *Driver) message(b *destination.Batch, it *destination.Item) *paho.Publish {
	var v record.View
	if v.Decode(it.Raw) != nil {
		v = record.View{Level: it.Level} // the formatted record goes on its way without ids
	}
	p := &paho.PublishProperties{User: make(paho.UserProperties, 0, 5)}
	put := func(name, value string) {
		if value != "" {
			p.User.Add(name, text(value))
		}
	}
	put("record_id", destination.IdempotencyKey(it))
	put("correlation_id", v.IDs.CorrelationID)
	put("causation_id", v.IDs.CausationID)
	put("message_id", v.IDs.MessageID)
	put("traceparent", correlation.Traceparent(&v.IDs))
	return &paho.Publish{QoS: 1, Topic: topic(d.o.Topic, &v), Properties: p,
		Payload: bytes.TrimSuffix(b.Data[it.Start:it.End], []byte("\n"))}
}

// size is how many bytes a message has on the wire (MQTT 5, 3.3).
func size(m *paho.Publish) int {
	properties := 0
	for _, u := range m.Properties.User {
		properties += 1 + 2 + len(u.Key) + 2 + len(u.Value)
	}
	rest := 2 + len(m.Topic) + 2 + lengthOf(properties) + properties + len(m.Payload)
	return 1 + lengthOf(rest) + rest
}

// lengthOf is the size of a variable byte integer.
func lengthOf(n int) int {
	size := 1
	for ; n > 127; n >>= 7 {
		size++
	}
	return size
}

// text makes a string that the protocol allows: an id may come from outside.
func text(s string) string {
	if isText(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if control(r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(s, "_"))
	return strings.ToValidUTF8(s[:min(len(s), maxString)], "")
}

// topic fills in a template.
func topic(template string, v *record.View) string {
	if !strings.Contains(template, "{") {
		return template
	}
	return text(strings.NewReplacer("{layer}", level(v.Layer), "{level}", destination.LevelWord(v.Level), "{logger}", level(v.Logger)).Replace(template))
}

// level is a level of a topic: no separator, no wildcard.
func level(s string) string {
	if s == "" {
		return "_"
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("/+#", r) {
			return '_'
		}
		return r
	}, text(s))
}
