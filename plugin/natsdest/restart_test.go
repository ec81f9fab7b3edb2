package natsdest_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/natsdest"
	"github.com/hydra-logger/hydra/record"
)

func records() int {
	if os.Getenv("HYDRA_FULL") != "" {
		return 1_000_000
	}
	return 100_000
}

func TestARestartOfTheServerLosesAndDoublesNothing(t *testing.T) {
	n, dir, began := records(), t.TempDir(), time.Now()
	s := start(t, dir, -1)
	port := s.Addr().(*net.TCPAddr).Port
	config := jetstream.StreamConfig{Storage: jetstream.FileStorage, Duplicates: 30 * time.Minute}
	stream(t, client(t, s), config)
	log, err := hydra.Parse([]byte("close_timeout: 300\njournal: {dir: "+t.TempDir()+"}\nlayers: {pay: {destinations: [{type: nats, url: 'nats://logger:s3cret@"+address(s)+
		"', retry_delay: 0.05, format: json-lines}]}}"), natsdest.Register())
	if err != nil {
		t.Fatal(err)
	}
	pay := log.Layer("pay")
	ctx := correlation.With(context.Background(), record.IDs{CorrelationID: "order-1", CausationID: "cmd-7"})
	for i := range n {
		pay.Info(ctx, "paid", slog.Int("n", i))
		if i == n/2 {
			underWay(t, log, n)
			s.Shutdown()
			s.WaitForShutdown()
			s = start(t, dir, port)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool, n)
	logs := stream(t, client(t, s), config)
	messages(t, logs, func(m jetstream.Msg) {
		id := m.Headers().Get("Nats-Msg-Id")
		if id == "" || seen[id] {
			t.Errorf("the id %q is there twice", id)
		}
		seen[id] = true
		if m.Headers().Get("correlation_id") != "order-1" || m.Headers().Get("causation_id") != "cmd-7" {
			t.Errorf("headers: %v", m.Headers())
		}
	})
	if len(seen) != n {
		t.Errorf("%d records have arrived, want %d", len(seen), n)
	}
	t.Logf("%d records, %d messages, 0 doubled, %v", n, len(seen), time.Since(began))
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
