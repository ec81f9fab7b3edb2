// Command slog logs a line with log/slog to the file that its argument names.
package main

import (
	"log/slog"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		return
	}
	f, err := os.OpenFile(os.Args[1], os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		os.Exit(1)
	}
	slog.New(slog.NewJSONHandler(f, nil)).Info("started", slog.String("service", "payment"), slog.Int("port", 8080))
	if f.Close() != nil {
		os.Exit(1)
	}
}
