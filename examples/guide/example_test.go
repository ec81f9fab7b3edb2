// Package guide holds the samples of docs/EDA.md that are no programs of their own.
package guide

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// folder is a new one for an example.
func folder() string {
	dir, err := os.MkdirTemp("", "hydra-guide-")
	if err != nil {
		panic(err)
	}
	return dir
}

// open opens a logger with one file below dir.
func open(dir string) *hydra.Logger {
	return hydra.Must(hydra.New(hydra.Config{
		Name: "guide", BaseLogDir: dir,
		Layers: map[string]hydra.Layer{"default": {Destinations: []hydra.Destination{{Type: "file", Path: "app.jsonl"}}}},
	}))
}

// lines is how many lines the file has, and how many of them hold a text.
func lines(dir, text string) (n, with int) {
	data, _ := os.ReadFile(filepath.Join(dir, "app.jsonl"))
	for line := range bytes.Lines(data) {
		n++
		if bytes.Contains(line, []byte(text)) {
			with++
		}
	}
	return n, with
}

// Close delivers everything, once. On what Layer or With returned it does nothing.
func Example_close() {
	dir := folder()
	defer os.RemoveAll(dir)

	log := open(dir)
	orders := log.With(slog.String("service", "orders"))
	orders.Info(context.Background(), "stored")
	_ = orders.Close() // closes nothing: it belongs to log
	orders.Info(context.Background(), "stored as well")
	fmt.Println(log.Close(), log.Close())
	fmt.Println(lines(dir, "stored"))
	// Output:
	// <nil> <nil>
	// 2 2
}

// CloseAll closes what nobody closed; hydra.Exit(code) does the same in place of os.Exit(code).
func Example_forgotten() {
	dir := folder()
	defer os.RemoveAll(dir)

	log := open(dir)
	log.Info(context.Background(), "nobody closes this logger")

	fmt.Println(hydra.CloseAll())
	fmt.Println(lines(dir, "nobody"))
	// Output:
	// <nil>
	// 1 1
}

// One logger is for all goroutines. What belongs to a request is in its context.
func Example_shared() {
	dir := folder()
	defer os.RemoveAll(dir)

	log := open(dir)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			ctx := correlation.Ensure(context.Background(), fmt.Sprint("request-", i))
			ctx = hydra.NewContext(ctx, log.With(slog.Int("tenant", i)))
			deepInside(ctx)
		})
	}
	wg.Wait()
	_ = log.Close()
	fmt.Println(lines(dir, `"correlation_id":"request-7","tenant":7`))
	// Output: 8 1
}

// deepInside knows no logger: the context has it, with the ids of the request.
func deepInside(ctx context.Context) {
	hydra.FromContext(ctx).Info(ctx, "working")
}

// Loggers with one name and configuration share an engine. The last Close drains.
func Example_perRequest() {
	dir := folder()
	defer os.RemoveAll(dir)

	first := open(dir)
	second := open(dir) // costs microseconds while first is open
	second.Info(context.Background(), "of a request")
	fmt.Println(second.Close()) // waits for nothing
	first.Info(context.Background(), "goes on")
	fmt.Println(first.Close())
	fmt.Println(lines(dir, "o"))
	// Output:
	// <nil>
	// <nil>
	// 2 2
}

// Guard logs a panic with its stack, closes, and lets it go on.
func Example_guard() {
	dir := folder()
	defer os.RemoveAll(dir)
	defer func() {
		fmt.Println("main sees:", recover())
		fmt.Println(lines(dir, "panic: no stock"))
	}()

	log := open(dir)
	defer log.Guard()
	panic("no stock")
	// Output:
	// main sees: no stock
	// 1 1
}

// A destination that is away does not hold the end of a program up: what it does not have stays in the journal.
func Example_deadline() {
	dir := folder()
	defer os.RemoveAll(dir)

	log := hydra.Must(hydra.Parse(fmt.Appendf(nil, `
name: guide
journal: {dir: %q}
layers:
  default:
    destinations:
      - {type: network_socket, name: collector, host: 127.0.0.1, port: 1}
`, filepath.Join(dir, "state"))))
	log.Info(context.Background(), "for a collector that is away")

	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := log.Shutdown(ctx)
	var left *hydra.PendingError
	fmt.Println(errors.As(err, &left), left.Pending, left.Kept != "")
	// Output: true map[collector:1] true
}
