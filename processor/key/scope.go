package key

import (
	"log/slog"
	"slices"

	"github.com/hydra-logger/hydra/record"
)

// Scope says which records flood control may leave out.
type Scope struct {
	// Below is the level from which on every record is kept. Default: WARNING.
	Below slog.Leveler
	// Layers are those that it concerns. Default: all.
	Layers []string
	// Except are layers that it does not concern. Default: none.
	Except []string
}

// Has reports whether a record may be left out.
func (s *Scope) Has(e *record.Event) bool { return s.Holds(e.Level, e.Layer) }

// Holds reports whether a record of that level and layer may be left out.
func (s *Scope) Holds(level slog.Level, layer string) bool {
	below := slog.LevelWarn
	if s.Below != nil {
		below = s.Below.Level()
	}
	if level >= below {
		return false
	}
	if len(s.Layers) > 0 && !slices.Contains(s.Layers, layer) {
		return false
	}
	return len(s.Except) == 0 || !slices.Contains(s.Except, layer)
}
