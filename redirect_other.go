//go:build !unix

package hydra

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
)

// rawRedirect is never made here.
type rawRedirect struct {
	l      *Logger
	level  slog.Level
	stderr *os.File
}

func redirectRaw(*Logger, slog.Level) (*rawRedirect, error) {
	return nil, fmt.Errorf("%w on %s: the raw stream of a process can't be replaced while it runs", errors.ErrUnsupported, runtime.GOOS)
}

func (*rawRedirect) restore() error { return nil }
