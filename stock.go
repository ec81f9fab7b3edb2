package hydra

import (
	"context"
	"maps"
	"os"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/consoledest"
	"github.com/hydra-logger/hydra/destination/memorydest"
	"github.com/hydra-logger/hydra/destination/nulldest"
)

// stockTypes are the types of destination that every program has. Others are
// added with [WithType]; nothing registers itself.
func stockTypes() map[string]DriverFactory {
	types := map[string]DriverFactory{
		"console": newConsole,
		"file":    newFile,
		"null": func(context.Context, config.ResolvedDestination) (destination.Driver, error) {
			return nulldest.New(), nil
		},
		"memory": func(context.Context, config.ResolvedDestination) (destination.Driver, error) {
			return memorydest.New(memorydest.Options{MaxBytes: memoryKept}), nil
		},
	}
	maps.Copy(types, socketTypes())
	return types
}

// memoryKept is how much a destination of type memory keeps.
const memoryKept = 16 << 20

func newConsole(_ context.Context, d config.ResolvedDestination) (destination.Driver, error) {
	return consoledest.New(consoledest.Options{Stream: d.Stream, Stderr: realStderr})
}

// printTo writes text to a stream as a console does, as far as there is room before ctx ends.
func printTo(ctx context.Context, stream *os.File, text string) error {
	return consoledest.Print(ctx, stream, text)
}

// onTerminal reports whether a console is a terminal, where people read it.
func onTerminal(d *config.ResolvedDestination) bool {
	if d.Stream == "stderr" {
		return consoledest.IsTerminal(realStderr())
	}
	return consoledest.IsTerminal(os.Stdout)
}

// consoleColors decides on the colours of a console whose format is not written.
func consoleColors(d *config.ResolvedDestination) bool {
	return consoledest.StreamColors(d.UseColors, d.Stream)
}
