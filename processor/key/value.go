package key

import (
	"encoding/json"
	"fmt"
	"hash/maphash"
	"log/slog"
	"math"

	"github.com/hydra-logger/hydra/record"
)

// kindOther is for values that only a processor can have put into an event; it is above all kinds of package record.
const kindOther = 1 << 8

// attrs mixes in attributes as tokens does. What it mixes in for each is its key, its kind, its value.
func (h *hasher) attrs(attrs []slog.Attr) {
	for i := range attrs {
		h.str(attrs[i].Key)
		h.value(attrs[i].Value)
	}
}

func (h *hasher) kind(k record.Kind) { h.num(uint64(k)) }

func (h *hasher) value(v slog.Value) {
	switch v.Kind() {
	case slog.KindString:
		h.kind(record.KindString)
		h.str(v.String())
	case slog.KindInt64:
		h.kind(record.KindInt)
		h.num(uint64(v.Int64()))
	case slog.KindUint64:
		h.kind(record.KindUint)
		h.num(v.Uint64())
	case slog.KindFloat64:
		h.kind(record.KindFloat)
		h.num(math.Float64bits(v.Float64()))
	case slog.KindBool:
		h.kind(record.KindBool)
		h.num(bit(v.Bool()))
	case slog.KindDuration:
		h.kind(record.KindDuration)
		h.num(uint64(v.Duration()))
	case slog.KindTime:
		h.kind(record.KindTime)
		h.num(uint64(v.Time().UnixNano()))
	case slog.KindGroup:
		h.kind(record.KindGroup)
		h.attrs(v.Group())
		h.kind(record.KindEnd)
	default:
		h.any(v.Any())
	}
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// any mixes in what an event holds besides the kinds of slog, and what a processor put there.
func (h *hasher) any(v any) {
	switch v := v.(type) {
	case nil:
		h.kind(record.KindNull)
	case *record.Error:
		h.kind(record.KindError)
		h.str(v.Type())
		h.str(v.Error())
	case *record.List:
		h.kind(record.KindList)
		for _, el := range v.Values {
			h.str("")
			h.value(el)
		}
		h.kind(record.KindEnd)
	case record.Mark:
		h.kind(record.KindMark)
		h.str(string(v))
	case json.Number:
		h.kind(record.KindNumber)
		h.str(string(v))
	case []byte:
		h.kind(record.KindBytes)
		h.num(maphash.Bytes(h.seed, v))
	case error:
		h.num(kindOther)
		h.str(v.Error())
	default:
		h.num(kindOther + 1)
		h.str(fmt.Sprint(v))
	}
}

// tokens mixes in the attributes of a record that is not taken apart, as attrs does those of its event: there,
// elements of lists have no key, and a group does not hold empty groups.
func (h *hasher) tokens(it *record.Attrs) {
	var t record.Token
	var open [record.MaxDepth + 1]struct {
		list, filled bool
		before       uint64 // the sum before it was opened
	}
	depth := 0
	for it.Next(&t) {
		at := &open[depth]
		if t.Kind == record.KindEnd {
			depth--
			if outer := &open[depth]; depth > 0 && !outer.list && !at.list && !at.filled {
				h.sum = at.before
				continue
			}
			open[depth].filled = true
			h.kind(t.Kind)
			continue
		}
		before := h.sum
		if at.list {
			h.str("")
		} else {
			h.str(t.Key)
		}
		h.kind(t.Kind)
		if t.Kind == record.KindGroup || t.Kind == record.KindList {
			depth++
			open[depth].list, open[depth].filled, open[depth].before = t.Kind == record.KindList, false, before
			continue
		}
		at.filled = true
		h.token(&t)
	}
}

// token mixes in the value of a token that opens nothing.
func (h *hasher) token(t *record.Token) {
	switch t.Kind {
	case record.KindString, record.KindBytes, record.KindMark, record.KindNumber:
		h.str(t.Str)
	case record.KindBool, record.KindInt, record.KindUint, record.KindFloat, record.KindDuration:
		h.num(t.Num)
	case record.KindTime:
		if t.InNanos() {
			h.num(t.Num)
		} else {
			h.num(uint64(t.Time().UnixNano()))
		}
	case record.KindError:
		h.str(t.Type)
		h.str(t.Str)
	}
}
