// Command phuslu logs a line with phuslu/log to the file that its argument names.
package main

import (
	"os"

	"github.com/phuslu/log"
)

func main() {
	if len(os.Args) < 2 {
		return
	}
	w := &log.FileWriter{Filename: os.Args[1]}
	l := &log.Logger{Level: log.InfoLevel, Writer: w}
	l.Info().Str("service", "payment").Int("port", 8080).Msg("started")
	if w.Close() != nil {
		os.Exit(1)
	}
}
