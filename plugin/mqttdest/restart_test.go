package mqttdest_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/mqttdest"
	"github.com/hydra-logger/hydra/record"
)

func records() int {
	if os.Getenv("HYDRA_FULL") != "" {
		return 1_000_000
	}
	return 50_000
}

func TestARestartOfTheBrokerLosesNothingAndDoublesAtMostWhatWasUnderWay(t *testing.T) {
	n, began := records(), time.Now()
	s := start(t, &store{counts: map[string]int{}}, "127.0.0.1:0", nil)
	log, err := hydra.Parse([]byte("close_timeout: 300\njournal: {dir: "+t.TempDir()+"}\nlayers: {pay: {destinations: [{type: mqtt, url: 'mqtt://logger:s3cret@"+
		s.address+"', retry_delay: 0.05, format: json-lines}]}}"), mqttdest.Register())
	if err != nil {
		t.Fatal(err)
	}
	pay := log.Layer("pay")
	ctx := correlation.With(context.Background(), record.IDs{CorrelationID: "order-1", CausationID: "cmd-7"})
	for i := range n {
		pay.Info(ctx, "paid", slog.Int("n", i))
		if i == n/2 {
			underWay(t, log, n)
			s.stop()
			s = start(t, s.store, s.address, nil)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	doubled := 0
	for id, times := range s.store.counts {
		doubled += times - 1
		if !strings.HasSuffix(id, " of order-1 after cmd-7") {
			t.Fatal(id)
		}
	}
	if len(s.store.counts) != n || doubled > mqttdest.DefaultMaxPending {
		t.Errorf("%d records have arrived, want %d; %d twice, at most %d may be", len(s.store.counts), n, doubled, mqttdest.DefaultMaxPending)
	}
	t.Logf("%d records, %d arrived, %d doubled, %v", n, len(s.store.counts), doubled, time.Since(began))
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
