package redact

import (
	"encoding/json"
	"log/slog"
	"strconv"

	"github.com/hydra-logger/hydra/record"
)

func sanitizeCut(n int) string { return "!CUT: " + strconv.Itoa(n) + " bytes in all" }

// RedactValue returns a copy of a value without its secrets. Maps, structs and whatever else is no
// basic type come back as map[string]any and []any, with the names that a record gives them; errors as *[record.Error].
// Fields with the tag `log:"secret"` are hidden.
func (r *Redactor) RedactValue(x any) any {
	switch x := x.(type) {
	case nil, bool, int, int64, float64, json.Number:
		return x
	case string:
		return r.RedactString(x)
	}
	w := walk{r: r}
	a, _ := w.attr(slog.Attr{Value: plain(slog.AnyValue(x))}, verdict{})
	return toAny(a.Value)
}

func toAny(v slog.Value) any {
	switch v.Kind() {
	case slog.KindGroup:
		m := map[string]any{}
		for _, a := range v.Group() {
			m[a.Key] = toAny(a.Value)
		}
		return m
	case slog.KindAny:
		switch x := v.Any().(type) {
		case *record.List:
			list := make([]any, len(x.Values))
			for i := range list {
				list[i] = toAny(x.Values[i])
			}
			return list
		case *record.Error:
			return x.Clone()
		case record.Mark:
			return string(x)
		}
	}
	return v.Any()
}
