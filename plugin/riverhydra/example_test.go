package riverhydra_test

import (
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/plugin/riverhydra"
)

func ExampleNewMiddleware() {
	log := hydra.Discard // give it your logger
	c := river.Config{
		Logger:     log.Slog(),
		Middleware: []rivertype.Middleware{riverhydra.NewMiddleware(log.Layer("events"))},
	}
	fmt.Println(c.Logger != nil, len(c.Middleware))
	// Output: true 1
}
