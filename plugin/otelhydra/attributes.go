package otelhydra

import (
	"math"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/record"
)

// clone copies text of a view, which the SDK keeps longer than the batch lives.
func clone(s string) string { return strings.Clone(s) }

// ownAttributes are those for what a record has beside its attributes.
func ownAttributes(it *destination.Item, v *record.View) []attribute.KeyValue {
	var out []attribute.KeyValue
	for _, a := range [...]struct{ key, value string }{
		{"layer", v.Layer}, {"correlation_id", v.IDs.CorrelationID}, {"causation_id", v.IDs.CausationID}, {"message_id", v.IDs.MessageID},
		{"log.record.uid", destination.IdempotencyKey(it)},
		{"code.function.name", v.Source.Function}, {"code.file.path", v.Source.File},
	} {
		if a.value != "" {
			out = append(out, attribute.String(a.key, clone(a.value)))
		}
	}
	if v.Source.Line != 0 {
		out = append(out, attribute.Int("code.line.number", v.Source.Line))
	}
	if it.Recovered {
		out = append(out, attribute.Bool("recovered", true))
	}
	return out
}

func attributesOf(v *record.View) []attribute.KeyValue {
	it := v.Attrs()
	var out []attribute.KeyValue
	var t record.Token
	for it.Next(&t) {
		out = append(out, pair(&it, &t))
		if t.Kind == record.KindError {
			out = append(out, attribute.String("exception.type", clone(t.Type)), attribute.String("exception.message", clone(t.Str)))
		}
	}
	return out
}

func pair(it *record.Attrs, t *record.Token) attribute.KeyValue {
	key := clone(t.Key)
	return attribute.KeyValue{Key: attribute.Key(key), Value: valueOf(it, t)}
}

// valueOf is the value of a token, and of what follows it in a group or list.
func valueOf(it *record.Attrs, t *record.Token) attribute.Value {
	switch t.Kind {
	case record.KindNull:
		return attribute.Value{}
	case record.KindBool:
		return attribute.BoolValue(t.Bool())
	case record.KindInt, record.KindDuration:
		return attribute.Int64Value(t.Int())
	case record.KindUint:
		if t.Num > math.MaxInt64 {
			return attribute.StringValue(strconv.FormatUint(t.Num, 10))
		}
		return attribute.Int64Value(int64(t.Num))
	case record.KindFloat:
		return attribute.Float64Value(t.Float())
	case record.KindBytes:
		return attribute.ByteSliceValue([]byte(t.Str))
	case record.KindTime:
		return attribute.StringValue(t.Time().Format(time.RFC3339Nano))
	case record.KindGroup:
		return group(it)
	case record.KindList:
		return list(it)
	}
	return attribute.StringValue(clone(t.Str)) // string, error, mark, number
}

func group(it *record.Attrs) attribute.Value {
	var all []attribute.KeyValue
	var t record.Token
	for it.Next(&t) && t.Kind != record.KindEnd {
		all = append(all, pair(it, &t))
	}
	return attribute.MapValue(all...)
}

func list(it *record.Attrs) attribute.Value {
	var all []attribute.Value
	var t record.Token
	for it.Next(&t) && t.Kind != record.KindEnd {
		all = append(all, valueOf(it, &t))
	}
	return attribute.SliceValue(all...)
}
