// Command hydra logs a line with Hydra-Logger to the file that its argument names.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/hydra-logger/hydra"
)

func main() {
	if len(os.Args) < 2 {
		return
	}
	log, err := hydra.New(hydra.Config{Name: "start", Layers: map[string]hydra.Layer{
		"default": {Destinations: []hydra.Destination{{Type: "file", Path: os.Args[1], Format: "json-lines"}}}}})
	if err != nil {
		os.Exit(1)
	}
	log.Info(context.Background(), "started", slog.String("service", "payment"), slog.Int("port", 8080))
	if log.Close() != nil {
		os.Exit(1)
	}
}
