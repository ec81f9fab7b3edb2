package record_test

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

// dump prints the attributes of a record in a short text: key=kind:value, groups in braces, lists in brackets.
func dump(t testing.TB, data []byte) string {
	t.Helper()
	var v record.View
	if err := v.Decode(data); err != nil {
		t.Fatalf("decode: %v", err)
	}
	return dumpAttrs(v.Attrs())
}

func dumpAttrs(it record.Attrs) string {
	var b strings.Builder
	var tok record.Token
	first := true
	for it.Next(&tok) {
		if tok.Kind == record.KindEnd {
			b.WriteString(" )")
			first = false
			continue
		}
		if !first {
			b.WriteByte(' ')
		}
		first = false
		if tok.Key != "" {
			b.WriteString(tok.Key + "=")
		}
		b.WriteString(dumpToken(&tok))
	}
	return b.String()
}

func dumpToken(t *record.Token) string {
	switch t.Kind {
	case record.KindNull:
		return "null"
	case record.KindBool:
		return strconv.FormatBool(t.Bool())
	case record.KindInt:
		return "i" + strconv.FormatInt(t.Int(), 10)
	case record.KindUint:
		return "u" + strconv.FormatUint(t.Num, 10)
	case record.KindFloat:
		return "f" + strconv.FormatFloat(t.Float(), 'g', -1, 64)
	case record.KindString:
		return strconv.Quote(t.Str)
	case record.KindBytes:
		return "b" + strconv.Quote(t.Str)
	case record.KindDuration:
		return "d" + t.Duration().String()
	case record.KindTime:
		return "t" + t.Time().Format(time.RFC3339Nano)
	case record.KindError:
		s := fmt.Sprintf("err<%s>%q", t.Type, t.Str)
		var l record.Link
		for c := t.Chain(); c.Next(&l); {
			s += fmt.Sprintf("/%d<%s>%q", l.Depth, l.Type, l.Message)
		}
		return s
	case record.KindGroup:
		return "group("
	case record.KindList:
		return "list("
	case record.KindMark:
		return "mark" + strconv.Quote(t.Str)
	case record.KindNumber:
		return "n" + t.Str
	default:
		return fmt.Sprintf("kind%d", t.Kind)
	}
}

func encode(attrs ...slog.Attr) []byte {
	var e record.Encoder
	return e.Encode(&record.Header{}, nil, attrs)
}

func encodeWith(l *record.Limits, attrs ...slog.Attr) []byte {
	var e record.Encoder
	e.SetLimits(l)
	return e.Encode(&record.Header{}, nil, attrs)
}

// check encodes one attribute and compares what comes back with want.
func check(t *testing.T, value any, want string) {
	t.Helper()
	if got := dump(t, encode(slog.Any("k", value))); got != "k="+want {
		t.Errorf("%T:\n got %s\nwant k=%s", value, got, want)
	}
}
