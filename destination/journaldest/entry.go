package journaldest

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/record"
)

// entry makes the bytes of one entry:
//
//	KEY=value LF                                             a value without line feed
//	KEY LF | 8 bytes: length, little endian | value | LF     any value
type entry struct {
	buf     []byte
	path    []string // keys of the groups around an attribute; "" for a list
	scratch []byte
}

// maxKey is the longest name of a field that journald takes.
const maxKey = 64

func (e *entry) build(v *record.View, it *destination.Item, message, identifier string) {
	e.buf = e.buf[:0]
	if cap(e.buf) > 1<<20 {
		e.buf = nil
	}
	e.field("MESSAGE", message)
	e.field("PRIORITY", priority(v.Level))
	e.field("SYSLOG_IDENTIFIER", identifier)
	if v.Time != record.NoTime {
		e.field("SYSLOG_TIMESTAMP", time.Unix(0, v.Time).UTC().Format(time.RFC3339Nano))
	}
	e.optional("LAYER", v.Layer)
	e.optional("LOGGER", v.Logger)
	e.optional("CORRELATION_ID", v.IDs.CorrelationID)
	e.optional("CAUSATION_ID", v.IDs.CausationID)
	e.optional("EVENT_MESSAGE_ID", v.IDs.MessageID)
	if v.IDs.TraceID != [16]byte{} {
		e.field("TRACE_ID", hex.EncodeToString(v.IDs.TraceID[:]))
	}
	if v.IDs.SpanID != [8]byte{} {
		e.field("SPAN_ID", hex.EncodeToString(v.IDs.SpanID[:]))
	}
	if v.Source.File != "" {
		e.field("CODE_FILE", v.Source.File)
		e.field("CODE_LINE", strconv.Itoa(v.Source.Line))
		e.optional("CODE_FUNC", v.Source.Function)
	}
	e.optional("HYDRA_ID", destination.IdempotencyKey(it))
	if it.Recovered {
		e.field("HYDRA_RECOVERED", "1")
	}
	e.attributes(v.Attrs())
}

func priority(l slog.Level) string {
	switch {
	case l >= 12:
		return "2"
	case l >= slog.LevelError:
		return "3"
	case l >= slog.LevelWarn:
		return "4"
	case l > slog.LevelInfo:
		return "5"
	case l == slog.LevelInfo:
		return "6"
	}
	return "7"
}

func (e *entry) optional(key, value string) {
	if value != "" {
		e.field(key, value)
	}
}

func (e *entry) field(key, value string) {
	e.buf = append(e.buf, key...)
	if !strings.Contains(value, "\n") {
		e.buf = append(append(append(e.buf, '='), value...), '\n')
		return
	}
	e.buf = binary.LittleEndian.AppendUint64(append(e.buf, '\n'), uint64(len(value)))
	e.buf = append(append(e.buf, value...), '\n')
}

func (e *entry) attributes(attrs record.Attrs) {
	e.path = e.path[:0]
	var t record.Token
	for attrs.Next(&t) {
		switch t.Kind {
		case record.KindGroup, record.KindList:
			e.path = append(e.path, t.Key)
		case record.KindEnd:
			if len(e.path) > 0 {
				e.path = e.path[:len(e.path)-1]
			}
		default:
			if key := e.key(t.Key); key != "" {
				e.field(key, value(&t))
			}
		}
	}
}

// key is the name of the field of an attribute in the present group; "" when nothing is left of it.
func (e *entry) key(last string) string {
	e.scratch = e.scratch[:0]
	for _, k := range e.path {
		e.addKey(k)
	}
	e.addKey(last)
	return FieldName(string(e.scratch))
}

func (e *entry) addKey(k string) {
	if k == "" {
		return
	}
	if len(e.scratch) > 0 {
		e.scratch = append(e.scratch, '_')
	}
	e.scratch = append(e.scratch, k...)
}

// FieldName is the name of the field that an attribute becomes, the keys of its groups joined by "_".
// It is "" for a key of which no character is left.
func FieldName(key string) string {
	name := strings.TrimLeft(strings.Map(fieldRune, key), "_")
	if name == "" {
		return ""
	}
	if name[0] >= '0' && name[0] <= '9' || taken(name) {
		name = "ATTR_" + name
	}
	return name[:min(len(name), maxKey)]
}

func fieldRune(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z':
		return r - 'a' + 'A'
	case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return r
	}
	return '_'
}

// taken reports whether a name has a meaning: see systemd.journal-fields(7).
func taken(name string) bool {
	switch name {
	case "MESSAGE", "PRIORITY", "MESSAGE_ID", "LAYER", "LOGGER", "CORRELATION_ID", "CAUSATION_ID", "TRACE_ID", "SPAN_ID",
		"EVENT_MESSAGE_ID", "HYDRA_ID", "HYDRA_RECOVERED", "ERRNO", "INVOCATION_ID", "USER_INVOCATION_ID", "TID",
		"DOCUMENTATION", "UNIT", "USER_UNIT":
		return true
	}
	for _, prefix := range []string{"SYSLOG_", "CODE_", "COREDUMP_", "OBJECT_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// value is the text of an attribute's value.
func value(t *record.Token) string {
	switch t.Kind {
	case record.KindNull:
		return "null"
	case record.KindBool:
		return strconv.FormatBool(t.Bool())
	case record.KindInt:
		return strconv.FormatInt(t.Int(), 10)
	case record.KindUint:
		return strconv.FormatUint(t.Num, 10)
	case record.KindFloat:
		return strconv.FormatFloat(t.Float(), 'g', -1, 64)
	case record.KindDuration:
		return t.Duration().String()
	case record.KindTime:
		return t.Time().Format(time.RFC3339Nano)
	case record.KindBytes:
		return base64.StdEncoding.EncodeToString([]byte(t.Str))
	}
	return t.Str // text, errors, numbers, marks
}
