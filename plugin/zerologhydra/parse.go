package zerologhydra

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/rs/zerolog"
)

// event is a line of zerolog, taken apart.
type event struct {
	level   zerolog.Level
	time    time.Time
	message string
	ids     found
	attrs   []slog.Attr
}

func trimmed(line []byte) []byte { return bytes.TrimRight(line, "\r\n") }

// parse takes a line apart. Its error says what is wrong with the line and where.
func (e *event) parse(line []byte) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	t, err := d.Token()
	if err != nil || t != json.Delim('{') {
		return errors.New("want a JSON object, as zerolog writes it")
	}
	all, err := object(d, 1)
	if err != nil {
		return fmt.Errorf("offset %d: %w", d.InputOffset(), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("offset %d: more than one JSON object", d.InputOffset())
	}
	e.attrs = make([]slog.Attr, 0, len(all))
	for _, a := range all {
		if !e.takes(a) {
			e.attrs = append(e.attrs, a)
		}
	}
	e.takeTrace()
	return nil
}

// takes keeps the fields that have a place of their own in a record.
func (e *event) takes(a slog.Attr) bool {
	text, isText := a.Value.Any().(string)
	switch {
	case a.Key == zerolog.TimestampFieldName:
		return e.takesTime(a.Value)
	case !isText:
		return false
	case a.Key == zerolog.LevelFieldName:
		return e.takesLevel(text)
	case a.Key == zerolog.MessageFieldName && e.message == "":
		e.message = text
		return true
	case !correlation.Valid(text):
		return false
	}
	if to := e.ids.of(a.Key); to != nil && *to == "" {
		*to = text
		return true
	}
	return false
}

// takesLevel takes the level of a line, which zerolog has told already unless something between lost it.
func (e *event) takesLevel(text string) bool {
	if e.level != zerolog.NoLevel {
		return text == zerolog.LevelFieldMarshalFunc(e.level)
	}
	level, err := zerolog.ParseLevel(text)
	if err != nil || level == zerolog.NoLevel || level == zerolog.Disabled {
		return false
	}
	e.level = level
	return true
}

func (e *event) takesTime(v slog.Value) bool {
	if !e.time.IsZero() {
		return false
	}
	switch v.Kind() {
	case slog.KindInt64:
		e.time = unix(v.Int64())
	case slog.KindString:
		for _, layout := range []string{zerolog.TimeFieldFormat, time.RFC3339Nano} {
			if t, err := time.Parse(layout, v.String()); err == nil {
				e.time = t
				break
			}
		}
	}
	return !e.time.IsZero()
}

// unix reads a time in the unit that zerolog writes.
func unix(n int64) time.Time {
	switch zerolog.TimeFieldFormat {
	case zerolog.TimeFormatUnixMs:
		return time.UnixMilli(n)
	case zerolog.TimeFormatUnixMicro:
		return time.UnixMicro(n)
	case zerolog.TimeFormatUnixNano:
		return time.Unix(0, n)
	}
	return time.Unix(n, 0)
}

func (f *found) of(key string) *string {
	switch key {
	case correlationKey:
		return &f.correlation
	case causationKey:
		return &f.causation
	case messageIDKey:
		return &f.message
	case traceKey:
		return &f.trace
	case spanKey:
		return &f.span
	case flagsKey:
		return &f.flags
	}
	return nil
}

// takeTrace gives back what is no whole trace context.
func (e *event) takeTrace() {
	i := &e.ids
	if i.trace == "" && i.span == "" && i.flags == "" {
		return
	}
	flags := i.flags
	if flags == "" {
		flags = "00"
	}
	if _, _, _, err := correlation.ParseTraceparent("00-" + i.trace + "-" + i.span + "-" + flags); err == nil {
		i.flags = flags
		return
	}
	for _, f := range [][2]string{{traceKey, i.trace}, {spanKey, i.span}, {flagsKey, i.flags}} {
		if f[1] != "" {
			e.attrs = append(e.attrs, slog.String(f[0], f[1]))
		}
	}
	i.trace, i.span, i.flags = "", "", ""
}

// maxDepth bounds how deep a line is nested: it may hold JSON that came from outside.
const maxDepth = 1000

// object reads the rest of an object.
func object(d *json.Decoder, depth int) ([]slog.Attr, error) {
	var all []slog.Attr
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := k.(string)
		v, err := value(d, depth)
		if err != nil {
			return nil, err
		}
		all = append(all, slog.Attr{Key: name, Value: v})
	}
	_, err := d.Token() // the brace
	return all, err
}

func value(d *json.Decoder, depth int) (slog.Value, error) {
	t, err := d.Token()
	if err != nil {
		return slog.Value{}, err
	}
	if depth >= maxDepth {
		return slog.Value{}, errors.New("nested too deep")
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			list, err := array(d, depth+1)
			return slog.AnyValue(list), err
		}
		all, err := object(d, depth+1)
		if len(all) == 0 {
			return slog.AnyValue(map[string]any{}), err // a group without attributes would not be written
		}
		return slog.GroupValue(all...), err
	case json.Number:
		return slog.AnyValue(number(t)), nil
	default:
		return slog.AnyValue(t), nil
	}
}

func array(d *json.Decoder, depth int) ([]any, error) {
	list := []any{}
	for d.More() {
		v, err := value(d, depth)
		if err != nil {
			return nil, err
		}
		list = append(list, plain(v))
	}
	_, err := d.Token() // the bracket
	return list, err
}

// plain is a value inside of an array: an object is a map.
func plain(v slog.Value) any {
	if v.Kind() != slog.KindGroup {
		return v.Any()
	}
	m := map[string]any{}
	for _, a := range v.Group() {
		m[a.Key] = plain(a.Value)
	}
	return m
}

// number keeps integers as such, and what no type holds as it came.
func number(n json.Number) any {
	s := n.String()
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i
	}
	if u, err := strconv.ParseUint(s, 10, 64); err == nil {
		return u
	}
	if bytes.ContainsAny([]byte(s), ".eE") {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
	}
	return n
}
