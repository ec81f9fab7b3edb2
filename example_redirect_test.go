package hydra_test

import (
	"log"
	"log/slog"

	"github.com/hydra-logger/hydra"
)

func ExampleRedirect() {
	logger := hydra.Must(hydra.Parse([]byte(exampleConfig), printed()))
	defer logger.Close()
	r, err := hydra.Redirect(logger, hydra.RedirectOptions{StdLog: true, Level: slog.LevelWarn}) // Stderr: true takes the raw stream too
	if err != nil {
		panic(err)
	}
	defer r.Close()
	log.Printf("disk %s is %d%% full", "/var", 91)
	// Output:
	// {"level":"WARNING","layer":"default","message":"disk /var is 91% full"}
}
