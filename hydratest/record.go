package hydratest

import (
	"encoding/json"
	"log/slog"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/record"
)

// Record is one delivered record.
type Record struct {
	Time    time.Time
	Level   slog.Level
	Layer   string
	Logger  string
	Message string
	IDs     record.IDs
	Source  record.Source
	// Attrs is the tree of attributes: those of the context, bound ones, those of the call; the last of equal
	// keys. A group is a map[string]any, a list a []any. Other values are bool, int64, uint64, float64,
	// string, []byte, time.Duration, time.Time, json.Number, error, or nil.
	Attrs map[string]any
	// Recovered is set when an earlier run accepted the record.
	Recovered bool
	// Text is the record as a line of plain-text.
	Text string
}

// String returns the record as a line of plain-text.
func (r Record) String() string { return strings.TrimSuffix(r.Text, "\n") }

// Attr returns the attribute at a path, in which dots separate the keys of groups: "order.id". A key
// that holds dots itself is found as well.
func (r Record) Attr(path string) (value any, ok bool) { return lookup(r.Attrs, path) }

func lookup(tree map[string]any, path string) (any, bool) {
	if v, ok := tree[path]; ok {
		return v, true
	}
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		if group, ok := tree[path[:i]].(map[string]any); ok {
			if v, ok := lookup(group, path[i+1:]); ok {
				return v, true
			}
		}
	}
	return nil, false
}

func decode(it destination.Item, text []byte) (Record, error) {
	var v record.View
	raw := append([]byte(nil), it.Raw...) // the strings of the record will point into it
	if err := v.Decode(raw); err != nil {
		return Record{}, err
	}
	var ev record.Event
	if err := ev.Set(&v); err != nil {
		return Record{}, err
	}
	return Record{
		Time: time.Unix(0, ev.Time).UTC(), Level: ev.Level, Layer: ev.Layer, Logger: ev.Logger, Message: ev.Message,
		IDs: ev.IDs, Source: ev.Source, Attrs: treeOf(ev.Attrs), Recovered: it.Recovered, Text: string(text),
	}, nil
}

func treeOf(attrs []slog.Attr) map[string]any {
	tree := make(map[string]any, len(attrs))
	for _, a := range attrs {
		tree[a.Key] = plain(a.Value)
	}
	return tree
}

// plain turns a value of an event into what a test compares with. The event is not used again: nothing is copied.
func plain(v slog.Value) any {
	if v.Kind() == slog.KindGroup {
		return treeOf(v.Group())
	}
	switch x := v.Any().(type) {
	case *record.List:
		list := make([]any, len(x.Values))
		for i, e := range x.Values {
			list[i] = plain(e)
		}
		return list
	case record.Mark:
		return string(x)
	case *record.Error:
		return error(x)
	case json.Number, nil:
		return x
	default:
		return x
	}
}
