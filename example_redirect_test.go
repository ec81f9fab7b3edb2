package hydra_test

import (
	"errors"
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

// workers stands for the Config of a library that takes a slog.Logger, such as river.
type workers struct{ Logger *slog.Logger }

func (w workers) work() {
	w.Logger.Error("job failed", slog.Int64("job_id", 17), slog.Any("error", errors.New("no funds")))
}

// Libraries that take a *slog.Logger, such as river, need no adapter.
func ExampleLogger_Slog_library() {
	log := hydra.Must(hydra.Parse([]byte(exampleConfig), printed()))
	defer log.Close()
	workers{Logger: log.Layer("events").Slog()}.work()
	// Output:
	// {"level":"ERROR","layer":"events","message":"job failed","job_id":17,"error":"no funds"}
}
