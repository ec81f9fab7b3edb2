// Command zap logs a line with zap to the file that its argument names.
package main

import (
	"os"

	"go.uber.org/zap"
)

func main() {
	if len(os.Args) < 2 {
		return
	}
	c := zap.NewProductionConfig()
	c.OutputPaths = []string{os.Args[1]}
	l, err := c.Build()
	if err != nil {
		os.Exit(1)
	}
	l.Info("started", zap.String("service", "payment"), zap.Int("port", 8080))
	if l.Sync() != nil {
		os.Exit(1)
	}
}
