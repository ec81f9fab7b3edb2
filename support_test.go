package hydra_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/internal/invariants"
)

var bg = context.Background()

// full is set for the sizes that a continuous integration runs; the others take seconds.
var full = os.Getenv("HYDRA_FULL") != ""

// size returns the quick or the full size of a test.
func size(quick, whole int) int {
	if full {
		return whole
	}
	return quick
}

// bound returns a limit of time. The machines of quick runs do other things as well, and a race detector slows everything down.
func bound(d time.Duration) time.Duration {
	if full && !invariants.Enabled {
		return d
	}
	return 4 * d
}

// destOf returns what health says of a destination.
func destOf(t *testing.T, log *hydra.Logger, name string) health.Destination {
	t.Helper()
	for _, d := range log.Health().Destinations {
		if d.Name == name {
			return d
		}
	}
	t.Fatalf("there is no destination %q", name)
	return health.Destination{}
}

// hasReason reports whether a report holds a reason of this code, and returns it.
func hasReason(r health.Report, code health.Code) (health.Reason, bool) {
	i := slices.IndexFunc(r.Reasons, func(r health.Reason) bool { return r.Code == code })
	if i < 0 {
		return health.Reason{}, false
	}
	return r.Reasons[i], true
}

// eventually waits for a condition, and fails the test when it does not come true within d.
func eventually(t *testing.T, d time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(d); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", d, what)
		}
	}
}

// mustFlush waits until everything is delivered.
func mustFlush(t *testing.T, log *hydra.Logger) {
	t.Helper()
	ctx, cancel := context.WithTimeout(bg, time.Minute)
	defer cancel()
	if err := log.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// checkBalance fails unless the ledger of every destination of a logger that is quiet or closed balances.
func checkBalance(t *testing.T, log *hydra.Logger) {
	t.Helper()
	for _, d := range log.Health().Destinations {
		if d.Ledger.Difference() != 0 {
			t.Errorf("the ledger of %q is off by %d: %+v", d.Name, d.Ledger.Difference(), d.Ledger)
		}
	}
}

// quantile returns the q-th quantile of durations, which it sorts.
func quantile(d []time.Duration, q float64) time.Duration {
	slices.Sort(d)
	return d[min(int(q*float64(len(d))), len(d)-1)]
}

func mean(d []time.Duration) time.Duration {
	var sum time.Duration
	for _, v := range d {
		sum += v
	}
	return sum / time.Duration(len(d))
}

// padding is text that does not compress, so that records have the size that they seem to have.
func padding(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + rand.IntN(26))
	}
	return string(b)
}

// pendingErr returns the PendingError in err, nil if there is none.
func pendingErr(err error) *hydra.PendingError {
	var p *hydra.PendingError
	if errors.As(err, &p) {
		return p
	}
	return nil
}
