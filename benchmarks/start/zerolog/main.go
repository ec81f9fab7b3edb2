// Command zerolog logs a line with zerolog to the file that its argument names.
package main

import (
	"os"

	"github.com/rs/zerolog"
)

func main() {
	if len(os.Args) < 2 {
		return
	}
	f, err := os.OpenFile(os.Args[1], os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		os.Exit(1)
	}
	l := zerolog.New(f).With().Timestamp().Logger()
	l.Info().Str("service", "payment").Int("port", 8080).Msg("started")
	if f.Close() != nil {
		os.Exit(1)
	}
}
