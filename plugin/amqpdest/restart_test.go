//go:build unix

package amqpdest_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/amqpdest"
	"github.com/hydra-logger/hydra/record"
)

// restarts kills the broker in the middle of the deliveries to a classic queue, which writes each message by itself; at full
// size in the middle of a million to a quorum queue, the kind that RabbitMQ recommends for what must not be lost, and takes faster.
func restarts(t *testing.T, s *server, url string) {
	if os.Getenv("HYDRA_FULL") != "" {
		restart(t, s, url, "kept", amqp.Table{"x-queue-type": "quorum"}, 1_000_000)
		return
	}
	restart(t, s, url, "logs", nil, 30_000)
}

func restart(t *testing.T, s *server, url, name string, kind amqp.Table, n int) {
	began := time.Now()
	queue(t, s.channel(t), name, kind)
	// RabbitMQ writes down that there is a queue some seconds later; one that it forgets takes its messages with it.
	if out, err := s.command(bin+"rabbitmqctl", "eval", "mnesia:sync_log().").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	log, err := hydra.Parse([]byte("close_timeout: 300\njournal: {dir: "+t.TempDir()+"}\nlayers: {pay: {destinations: [{type: amqp, url: '"+url+
		"', options: {routing_key: "+name+"}, retry_delay: 0.05, format: json-lines}]}}"), amqpdest.Register())
	if err != nil {
		t.Fatal(err)
	}
	pay := log.Layer("pay")
	ctx := correlation.With(context.Background(), record.IDs{CorrelationID: "order-1", CausationID: "cmd-7"})
	for i := range n {
		pay.Info(ctx, "paid", slog.Int("n", i))
		if i == n/2 {
			underWay(t, log, n)
			s.kill()
			s.run(t)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatalf("%v; the last error: %s\nthe server's log ends: %s", err, log.Health().Destinations[0].LastError, s.logTail())
	}
	seen, doubled := make(map[string]bool, n), 0
	arrived := time.Since(began)
	messages(t, s.channel(t), name, func(m *amqp.Delivery) {
		if seen[m.MessageId] {
			doubled++
		}
		seen[m.MessageId] = true
		if m.CorrelationId != "order-1" || m.Headers["correlation_id"] != "order-1" || m.Headers["causation_id"] != "cmd-7" {
			t.Fatalf("%+v", m)
		}
	})
	if len(seen) != n || doubled > amqpdest.DefaultMaxPending {
		t.Errorf("%d records have arrived, want %d; %d twice, at most %d may be", len(seen), n, doubled, amqpdest.DefaultMaxPending)
	}
	t.Logf("%d records, %d arrived, %d doubled; delivered after %v, read after %v", n, len(seen), doubled, arrived, time.Since(began))
}

// underWay waits until an eighth of the records has arrived, so that what follows happens in the middle of the deliveries.
func underWay(t *testing.T, log *hydra.Logger, n int) {
	t.Helper()
	for late := time.Now().Add(patience); log.Health().Destinations[0].Ledger.Delivered < uint64(n/8); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("nothing is delivered")
		}
	}
}
