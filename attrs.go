package hydra

import (
	"log/slog"
	"maps"
	"slices"
)

// LayerKey is the key of the attribute that picks a record's layer when it
// comes through [Logger.Slog] or [Logger.Handler]: slog.String(hydra.LayerKey, "events").
// The attribute itself is not written.
const LayerKey = "layer"

// ErrorKey is the key that [Err] uses.
const ErrorKey = "error"

// Err is the attribute for an error, with its chain. A nil error gives an empty attribute, which is not written.
func Err(err error) slog.Attr {
	if err == nil {
		return slog.Attr{}
	}
	return slog.Any(ErrorKey, err)
}

// Fields turns a map into attributes, sorted by key, for call sites that come from logrus or zap's sugar.
func Fields(m map[string]any) []slog.Attr {
	attrs := make([]slog.Attr, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		attrs = append(attrs, slog.Any(k, m[k]))
	}
	return attrs
}
