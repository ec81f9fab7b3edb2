package record

import (
	"encoding/json"
	"log/slog"
	"strings"
	"time"
	"unsafe"
)

// Event is a record in a form that can be changed: what a processor works on. Its strings and values
// live as long as the event; copy what you keep. It may be pooled: a later Set reuses its memory.
//
// The values of Attrs are as in slog, and those that slog has no kind for are of type Any: nil, []byte,
// json.Number, *[Error], *[List], [Mark]. Processors may put any other value.
type Event struct {
	Time    int64 // nanoseconds since 1970 UTC
	Level   slog.Level
	Layer   string
	Logger  string
	Message string
	IDs     IDs
	Source  Source
	// Attrs are all attributes: of the context, bound, and of the call, in this order. Bound groups are groups here.
	Attrs []slog.Attr

	text   []byte      // the record; the strings point into it
	view   View        // of text
	stack  []slog.Attr // attributes whose group or list is still open
	zone   *time.Location
	offset int // of zone
	attrs  slab[slog.Attr]
	values slab[slog.Value]
	errs   slab[Error]
	lists  slab[List]
}

// Error is an error as a record keeps it: its texts and those of the errors it wraps.
type Error struct {
	message string
	name    string
	chain   string
}

// Error returns the error's message.
func (e *Error) Error() string { return e.message }

// Type returns the name of the error's type, as reflect prints it.
func (e *Error) Type() string { return e.name }

// Chain returns an iterator over the errors that it wraps.
func (e *Error) Chain() Chain { return Chain{s: e.chain} }

// Clone returns a copy that does not share memory with an event.
func (e *Error) Clone() *Error {
	return &Error{message: strings.Clone(e.message), name: strings.Clone(e.name), chain: strings.Clone(e.chain)}
}

// NewError returns an error with message and type name, for a processor that replaces one. It wraps none.
func NewError(message, typeName string) *Error {
	return &Error{message: message, name: typeName}
}

// List is a list of values in an event.
type List struct {
	Values []slog.Value
}

// Mark is a text that stands for a value that could not be taken or was cut.
type Mark string

// Set makes the event a copy of v. It allocates only when the event has not yet held a record as large,
// and for times outside of UTC and local time.
func (ev *Event) Set(v *View) error {
	ev.text = append(ev.text[:0], v.raw...)
	if err := ev.view.Decode(ev.text); err != nil {
		return err
	}
	ev.attrs.reset()
	ev.values.reset()
	ev.errs.reset()
	ev.lists.reset()
	v = &ev.view
	ev.Time, ev.Level, ev.IDs, ev.Source = v.Time, v.Level, v.IDs, v.Source
	ev.Layer, ev.Logger, ev.Message = v.Layer, v.Logger, v.Message
	clear(ev.stack)
	ev.stack = ev.stack[:0]
	it := v.Attrs()
	ev.read(&it)
	ev.Attrs = append(ev.Attrs[:0], ev.stack...)
	return nil
}

// read pushes the attributes up to the end of the innermost group or list.
func (ev *Event) read(it *Attrs) {
	var t Token
	for it.Next(&t) && t.Kind != KindEnd {
		key := t.Key
		ev.stack = append(ev.stack, slog.Attr{Key: key, Value: ev.value(&t, it)})
	}
}

func (ev *Event) value(t *Token, it *Attrs) slog.Value {
	switch t.Kind {
	case KindBool:
		return slog.BoolValue(t.Bool())
	case KindInt:
		return slog.Int64Value(t.Int())
	case KindUint:
		return slog.Uint64Value(t.Num)
	case KindFloat:
		return slog.Float64Value(t.Float())
	case KindString:
		return slog.StringValue(t.Str)
	case KindBytes:
		if t.Str == "" {
			return slog.AnyValue([]byte{})
		}
		return slog.AnyValue(unsafe.Slice(unsafe.StringData(t.Str), len(t.Str)))
	case KindDuration:
		return slog.DurationValue(t.Duration())
	case KindTime:
		return slog.TimeValue(ev.timeOf(t))
	case KindError:
		err := &ev.errs.take(1)[0]
		*err = Error{message: t.Str, name: t.Type, chain: t.chain}
		return slog.AnyValue(err)
	case KindGroup:
		return ev.group(it)
	case KindList:
		return ev.list(it)
	case KindMark:
		return slog.AnyValue(Mark(t.Str))
	case KindNumber:
		return slog.AnyValue(json.Number(t.Str))
	default:
		return slog.Value{}
	}
}

func (ev *Event) group(it *Attrs) slog.Value {
	start := len(ev.stack)
	ev.read(it)
	attrs := ev.attrs.take(len(ev.stack) - start)
	copy(attrs, ev.stack[start:])
	ev.stack = ev.stack[:start]
	return slog.GroupValue(attrs...)
}

func (ev *Event) list(it *Attrs) slog.Value {
	start := len(ev.stack)
	ev.read(it)
	values := ev.values.take(len(ev.stack) - start)
	for i := range values {
		values[i] = ev.stack[start+i].Value
	}
	ev.stack = ev.stack[:start]
	l := &ev.lists.take(1)[0]
	l.Values = values
	return slog.AnyValue(l)
}

// timeOf returns a time in UTC, in local time when that has the same offset, else in a zone without name.
func (ev *Event) timeOf(t *Token) time.Time {
	zone := int(t.Zone)
	t.Zone = 0
	utc := t.Time()
	if zone == 0 {
		return utc
	}
	local := utc.Local()
	if _, offset := local.Zone(); offset == zone {
		return local
	}
	if ev.zone == nil || ev.offset != zone {
		ev.zone, ev.offset = time.FixedZone("", zone), zone
	}
	return utc.In(ev.zone)
}

// EncodeEvent returns the binary form of ev, as Encode does.
func (e *Encoder) EncodeEvent(ev *Event) []byte {
	h := Header{Time: ev.Time, Level: ev.Level, Layer: ev.Layer, Logger: ev.Logger, Message: ev.Message}
	if ev.IDs != (IDs{}) {
		h.IDs = &ev.IDs
	}
	if ev.Source != (Source{}) {
		h.Source = &ev.Source
	}
	e.begin(&h, nil)
	e.maxDepth = min(e.limits.Depth+maxBoundDepth, MaxDepth) // bound groups are groups here
	e.putAttrs(ev.Attrs)
	return e.buf[:e.n]
}

// putStoredError writes an error that was decoded before.
func (e *Encoder) putStoredError(key string, err *Error) {
	if err == nil {
		e.putNull(key)
		return
	}
	if !e.room(len(key) + len(err.name) + len(err.message) + len(err.chain) + scalarRoom + maxVarint) {
		e.putMark(key, cutMark(len(err.message), len(err.message), "bytes"))
		return
	}
	i := putKey(e.buf, e.n, KindError, key)
	i = putString(e.buf, i, err.name)
	i = putString(e.buf, i, err.message)
	e.n = putString(e.buf, i, err.chain)
}

// putStoredList writes a list that was decoded before.
func (e *Encoder) putStoredList(key string, l *List) {
	if l == nil {
		e.putNull(key)
		return
	}
	if !e.open(key, KindList) {
		return
	}
	outer := e.inList
	e.inList = true
	n := e.take(len(l.Values))
	for i := range n {
		if !e.room(scalarRoom) {
			n = i
			break
		}
		e.putValue("", l.Values[i])
	}
	if n < len(l.Values) {
		e.putMark("", cutMark(len(l.Values)-n, len(l.Values), "elements"))
	}
	e.inList = outer
	e.close()
}

// slab hands out slices of one piece of memory, which reset makes free.
type slab[T any] struct {
	free []T
}

func (s *slab[T]) take(n int) []T {
	if len(s.free)+n > cap(s.free) {
		s.free = make([]T, 0, max(n, 2*cap(s.free), 16)) // what was handed out stays where it is
	}
	start := len(s.free)
	s.free = s.free[:start+n]
	return s.free[start : start+n : start+n]
}

func (s *slab[T]) reset() {
	clear(s.free)
	s.free = s.free[:0]
}
