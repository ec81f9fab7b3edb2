package hydratest

import (
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/health"
)

// CheckLedger fails the test unless the account of every destination balances:
// submitted + adopted = delivered + dropped + dead-lettered + pending. While records
// move, the parts of the account are read one after another; so what does not balance is read again for a second.
func CheckLedger(t TB, log *hydra.Logger) {
	t.Helper()
	var wrong []health.Destination
	for deadline := time.Now().Add(time.Second); ; time.Sleep(time.Millisecond) {
		wrong = unbalanced(log.Health())
		if len(wrong) == 0 {
			return
		}
		if time.Now().After(deadline) {
			break
		}
	}
	for _, d := range wrong {
		l := d.Ledger
		t.Errorf("the ledger of destination %q is off by %d: submitted %d, adopted %d, delivered %d, dropped %d %v, dead-lettered %d, pending %d",
			d.Name, l.Difference(), l.Submitted.Total(), l.Adopted.Total(), l.Delivered, l.DroppedTotal(), l.Dropped, l.DeadLettered, l.Pending)
	}
}

func unbalanced(report health.Report) []health.Destination {
	var out []health.Destination
	for _, d := range report.Destinations {
		if d.Ledger.Difference() != 0 {
			out = append(out, d)
		}
	}
	return out
}
