// Package linked says which destinations the command has beside those of every program: all of the plugin folder.
package linked

import (
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/plugin/all"
)

// Options are what makes them known to a logger, with others behind.
func Options(more ...hydra.Option) []hydra.Option { return append(all.All(), more...) }
