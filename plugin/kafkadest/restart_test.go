package kafkadest_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/kafkadest"
	"github.com/hydra-logger/hydra/record"
)

func records() int {
	if os.Getenv("HYDRA_FULL") != "" {
		return 1_000_000
	}
	return 100_000
}

func TestARestartOfTheBrokerLosesAndDoublesNothing(t *testing.T) {
	n, dir, began := records(), t.TempDir(), time.Now()
	c := cluster(t, kfake.DataDir(dir))
	_, text, _ := net.SplitHostPort(c.ListenAddrs()[0])
	port, _ := strconv.Atoi(text)
	log, err := hydra.Parse([]byte("close_timeout: 300\njournal: {dir: "+t.TempDir()+"}\nlayers: {pay: {destinations: [{type: kafka, url: 'kafka://"+
		c.ListenAddrs()[0]+"', retry_delay: 0.05, format: json-lines}]}}"), kafkadest.Register())
	if err != nil {
		t.Fatal(err)
	}
	pay := log.Layer("pay")
	ctx := correlation.With(context.Background(), record.IDs{CorrelationID: "order-1", CausationID: "cmd-7"})
	for i := range n {
		pay.Info(ctx, "paid", slog.Int("n", i))
		if i == n/2 {
			underWay(t, log, n)
			c.Close()
			c = cluster(t, kfake.DataDir(dir), kfake.Ports(port))
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	seen, doubled := make(map[string]bool, n), 0
	for _, r := range consume(t, c) {
		ids := map[string]string{}
		for _, h := range r.Headers {
			ids[h.Key] = string(h.Value)
		}
		if seen[ids["record_id"]] {
			doubled++
		}
		seen[ids["record_id"]] = true
		if ids["correlation_id"] != "order-1" || ids["causation_id"] != "cmd-7" || string(r.Key) != "order-1" {
			t.Fatalf("headers: %v", ids)
		}
	}
	if len(seen) != n || doubled != 0 {
		t.Errorf("%d records have arrived, want %d; %d twice", len(seen), n, doubled)
	}
	t.Logf("%d records, %d arrived, %d doubled, %v", n, len(seen), doubled, time.Since(began))
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
