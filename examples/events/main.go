// Command events is the pattern of the event processor: it takes events from a NATS JetStream stream in batches, each
// with its own ids, logs a batch with one call, and acknowledges it only then. Killed at any point it has either logged
// an event or gets it again.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

const (
	most     = 100 // events of a batch
	longest  = 250 * time.Millisecond
	ackWait  = 2 * time.Second // an event that nobody acknowledged comes again
	consumer = "processor"
)

func main() {
	url := flag.String("nats", os.Getenv("NATS_URL"), "address of the server")
	flag.Parse()
	log, err := hydra.Open("hydra.yaml")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	err = log.Run(context.Background(), func(ctx context.Context) error { return process(ctx, log, *url) })
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// process handles batches until ctx ends. The batch in hand is finished.
func process(ctx context.Context, log *hydra.Logger, url string) error {
	conn, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	c, err := js.CreateOrUpdateConsumer(ctx, "ORDERS", jetstream.ConsumerConfig{
		Durable: consumer, AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: -1})
	if err != nil {
		return err
	}
	fmt.Println("listening on", conn.ConnectedAddr())
	for ctx.Err() == nil {
		batch, err := c.Fetch(most, jetstream.FetchMaxWait(longest))
		if err != nil {
			return err
		}
		if err := handle(log, batch); err != nil {
			return err
		}
	}
	return nil
}

// handle logs the events of a batch with one call and then acknowledges them.
func handle(log *hydra.Logger, batch jetstream.MessageBatch) error {
	var records []hydra.Record
	var done []jetstream.Msg
	for m := range batch.Messages() {
		// One context for each event: its correlation id, what caused it, its own id.
		ctx := correlation.Extract(context.Background(), correlation.NATSHeader(m.Headers()))
		records = append(records, record(ctx, m))
		done = append(done, m)
	}
	log.LogBatch(context.Background(), records) // accepted when it returns
	var errs []error
	for _, m := range done {
		errs = append(errs, m.Ack())
	}
	return errors.Join(append(errs, ignoreTimeout(batch.Error()))...)
}

// record handles one event and says what became of it.
func record(ctx context.Context, m jetstream.Msg) hydra.Record {
	var event struct {
		OrderID string `json:"order_id"`
		Amount  int    `json:"amount"`
	}
	r := hydra.Record{Context: ctx, Level: hydra.LevelInfo, Layer: "events", Message: "order handled"}
	if err := json.Unmarshal(m.Data(), &event); err != nil {
		r.Level, r.Layer, r.Message = hydra.LevelError, "failures", "no order"
		r.Attrs = []slog.Attr{hydra.Err(err), slog.Int("bytes", len(m.Data()))}
		return r
	}
	r.Attrs = []slog.Attr{slog.String("order_id", event.OrderID), slog.Int("amount", event.Amount)}
	return r
}

func ignoreTimeout(err error) error {
	if errors.Is(err, nats.ErrTimeout) || errors.Is(err, jetstream.ErrNoMessages) {
		return nil
	}
	return err
}
