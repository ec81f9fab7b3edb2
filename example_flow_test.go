package hydra_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/record"
)

// Every record that is made with a context carries its ids, on every destination, through slog too.
func Example_correlation() {
	log := hydra.Must(hydra.Parse([]byte(exampleConfig), printed()))
	defer log.Close()

	ctx := correlation.Ensure(context.Background(), "req-42") // an empty id: a new one
	log.Info(ctx, "received")
	log.Slog().InfoContext(ctx, "the same flow")
	ctx = hydra.NewContext(ctx, log.With(slog.String("user", "kim")))
	hydra.FromContext(ctx).Info(ctx, "the request's logger")
	// Output:
	// {"level":"INFO","layer":"default","message":"received","correlation_id":"req-42"}
	// {"level":"INFO","layer":"default","message":"the same flow","correlation_id":"req-42"}
	// {"level":"INFO","layer":"default","message":"the request's logger","correlation_id":"req-42","user":"kim"}
}

func ExampleLogger_Health() {
	log := hydra.Must(hydra.Parse([]byte(exampleConfig), printed()))
	log.Info(context.Background(), "one")
	log.Error(context.Background(), "two")
	report := log.Health() // encodes to JSON
	fmt.Println(report.Status, "accepting:", report.Accepting)
	for _, d := range report.Destinations {
		fmt.Println(d.Name, d.Ledger.Submitted, "delivered", d.Ledger.Delivered, "pending", d.Ledger.Pending, "off by", d.Ledger.Difference())
	}
	_ = log.Close()
	report = log.Health()
	fmt.Println(report.Status, report.Reasons[0].Code)
	// Output:
	// {"level":"INFO","layer":"default","message":"one"}
	// {"level":"ERROR","layer":"default","message":"two"}
	// healthy accepting: true
	// null map[ERROR:1 INFO:1] delivered 2 pending 0 off by 0
	// printed map[ERROR:1 INFO:1] delivered 2 pending 0 off by 0
	// unhealthy closed
}

// Guard is for main: what panics is logged with its stack, everything is delivered, and the panic goes on.
func ExampleLogger_Guard() {
	log := hydra.Must(hydra.Parse([]byte(exampleConfig), hydra.WithDestination("", hydra.DestinationOptions{Name: "messages", Driver: messages{}})))
	run := func() {
		defer log.Guard()
		panic("no stock")
	}
	defer func() { fmt.Println("panics on:", recover()) }()
	run()
	// Output:
	// CRITICAL panic: no stock
	// panics on: no stock
}

// messages prints level and message of each record.
type messages struct{ linesWithoutTime }

func (messages) Deliver(_ context.Context, b *destination.Batch) error {
	var v record.View
	for _, it := range b.Items {
		if err := v.Decode(it.Raw); err != nil {
			return err
		}
		name := map[slog.Level]string{hydra.LevelCritical: "CRITICAL"}[v.Level]
		fmt.Println(name, v.Message)
	}
	return nil
}

// Run ends the context of its function at SIGINT and SIGTERM, waits for it, and closes the logger.
func ExampleLogger_Run() {
	log := hydra.Must(hydra.Parse([]byte(exampleConfig), printed()))
	err := log.Run(context.Background(), func(ctx context.Context) error {
		log.Info(ctx, "serving")
		return errors.New("listen: address in use")
	})
	fmt.Println(err, "/ accepting:", log.Health().Accepting)
	// Output:
	// {"level":"INFO","layer":"default","message":"serving"}
	// listen: address in use / accepting: false
}

// A processor sees every record before it is accepted: what it removes reaches no journal, no file and no wire.
func ExampleWithProcessor() {
	hide := processor.Func(func(_ context.Context, e *record.Event) (keep bool) {
		for i, a := range e.Attrs {
			if strings.EqualFold(a.Key, "password") {
				e.Attrs[i].Value = slog.StringValue("***")
			}
		}
		return e.Message != "ping"
	})
	log := hydra.Must(hydra.Parse([]byte(exampleConfig), printed(), hydra.WithProcessor(hide)))
	defer log.Close()
	log.Info(context.Background(), "login", slog.String("user", "kim"), slog.String("password", "hunter2"))
	log.Info(context.Background(), "ping")
	fmt.Println("dropped:", log.Health().Destinations[1].Ledger.Dropped)
	// Output:
	// {"level":"INFO","layer":"default","message":"login","user":"kim","password":"***"}
	// dropped: map[processor:map[INFO:1]]
}

// A destination is a driver: Deliver gets records in order, and what it returns decides whether they are delivered again.
func ExampleWithDestination() {
	log := hydra.Must(hydra.Parse([]byte(exampleConfig),
		hydra.WithDestination("events", hydra.DestinationOptions{Name: "bus", Driver: linesWithoutTime{}, Level: "WARNING"})))
	defer log.Close()
	events := log.Layer("events")
	events.Info(context.Background(), "below the level of this destination")
	events.Warn(context.Background(), "late", slog.Int("seconds", 40))
	log.Error(context.Background(), "of another layer")
	// Output:
	// {"level":"WARNING","layer":"events","message":"late","seconds":40}
}

func ExampleFields() {
	log := hydra.Must(hydra.Parse([]byte(exampleConfig), printed()))
	defer log.Close()
	log.Info(context.Background(), "from logrus or zap's sugar", hydra.Fields(map[string]any{"b": 2, "a": "one"})...)
	// Output:
	// {"level":"INFO","layer":"default","message":"from logrus or zap's sugar","a":"one","b":2}
}
