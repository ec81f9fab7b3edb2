// Package destinationtest is the conformance kit for drivers. A driver's test calls [Run]:
//
//	func TestDriverKeepsTheRules(t *testing.T) {
//		destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
//			target := newTarget(t)
//			return destinationtest.Harness{Driver: New(target), Received: target.Bytes}
//		})
//	}
//
// Each rule is a subtest; a failure names the rule that was broken. The rules are those that the
// comments of package destination give; a worker relies on them.
package destinationtest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/internal/leak"
)

// Harness is one fresh driver with its target, and what the kit may do to them. Only Driver is
// required; a rule that needs a field which is nil is left out, and the log says so.
type Harness struct {
	// Driver was not used yet. The kit closes it.
	Driver destination.Driver
	// Received returns all that has arrived at the target, in order. What is still on its way may be waited for.
	Received func() []byte
	// Block makes deliveries wait, as a full pipe or a stalled peer does, until unblock is called.
	// It may let the first 64 KiB pass.
	Block func() (unblock func())
	// Break makes deliveries fail, as a full disk or a dead peer does, until mend is called.
	Break func() (mend func())
	// Refuse makes the target refuse for good what holds [Poison], as one that validates records does, until mend is called.
	Refuse func() (mend func())
	// Move takes the target away from the driver, as log rotation does. What arrived before is not in Received any more.
	Move func()
	// Next ends the driver as a crash would, and returns the driver that the next run makes for the same
	// target. The kit closes it. Needed for a [destination.Checkpointer].
	Next func() destination.Driver
	// Cut takes the last n bytes off the target, as if the program had died before it wrote them.
	// Needed for a [destination.Checkpointer].
	Cut func(n int)
	// Secrets are credentials that the driver was configured with. They must not be in its name or its errors.
	Secrets []string
}

// patience is how long a call may take that is to return soon.
const patience = 3 * time.Second

// rule is one promise of a driver.
type rule struct {
	name    string
	applies func(h *Harness) bool // nil: always
	check   func(k *kit)
}

// Run checks the rules against drivers that open makes, a fresh one for each rule.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	sample := open(t)
	if err := sample.Driver.Close(context.Background()); err != nil {
		t.Errorf("Close of an unused driver: %v", err)
	}
	for _, r := range rules() {
		if r.applies != nil && !r.applies(&sample) {
			t.Logf("left out, the driver or the harness does not offer it: %s", r.name)
			continue
		}
		t.Run(strings.ReplaceAll(r.name, " ", "_"), func(t *testing.T) {
			leak.Check(t)
			h := open(t)
			k := &kit{T: t, Harness: &h, limit: patience, report: func(detail string) { t.Errorf("rule broken: %s\n%s", r.name, detail) }}
			r.check(k)
			k.close()
		})
	}
}

func rules() []rule {
	received := func(h *Harness) bool { return h.Received != nil }
	blocks := func(h *Harness) bool { return h.Block != nil && h.Received != nil }
	breaks := func(h *Harness) bool { return h.Break != nil && h.Received != nil }
	describes := func(h *Harness) bool { _, ok := h.Driver.(destination.Describer); return ok }
	reopens := func(h *Harness) bool { _, ok := h.Driver.(destination.Reopener); return ok }
	checks := func(h *Harness) bool {
		_, ok := h.Driver.(destination.Checkpointer)
		return ok && h.Received != nil && h.Next != nil
	}
	probes := func(h *Harness) bool { _, ok := h.Driver.(destination.Prober); return ok }
	concurrent := func(h *Harness) bool { _, ok := h.Driver.(destination.Concurrent); return ok && h.Received != nil }
	both := func(a, b func(h *Harness) bool) func(h *Harness) bool {
		return func(h *Harness) bool { return a(h) && b(h) }
	}
	return []rule{
		{"records arrive in order, each once", received, (*kit).arriveInOrder},
		{"a batch of any size is taken", nil, (*kit).takeAnySize},
		{"nothing of a batch is kept or changed", nil, (*kit).keepNothing},
		{"a delivery returns soon after its context ends, and its batch arrives whole and once later", blocks, (*kit).endWithContext},
		{"a failed batch arrives whole and once when it comes again", breaks, (*kit).retryWhole},
		{"a batch that was given up does not harm the next one", breaks, (*kit).surviveGivingUp},
		{"a target that is broken has rejected nothing", func(h *Harness) bool { return h.Break != nil }, (*kit).brokenIsRetried},
		{"a record that the target refuses is rejected, and no other", func(h *Harness) bool { return h.Refuse != nil && h.Received != nil }, (*kit).poisonIsRejected},
		{"Probe says whether deliveries make sense, and delivers nothing", probes, (*kit).probeTellsTheTruth},
		{"Probe returns soon after its context ends", func(h *Harness) bool { return probes(h) && h.Block != nil }, (*kit).probeEndsWithContext},
		{"batches that are delivered side by side arrive whole", concurrent, (*kit).sideBySide},
		{"Close works without Deliver", nil, (*kit).closeUnused},
		{"Close returns soon also when its context has ended", nil, (*kit).closeInTime},
		{"Describe names the target in one line and without secrets", describes, (*kit).describe},
		{"Describe does not wait for a delivery", both(describes, blocks), (*kit).describeWhileBlocked},
		{"an error holds no secret", func(h *Harness) bool { return h.Break != nil && len(h.Secrets) > 0 }, (*kit).discreetErrors},
		{"Reopen loses nothing, whenever it is called", both(reopens, received), (*kit).reopenAnyTime},
		{"Reopen leads to the new target", func(h *Harness) bool { return reopens(h) && received(h) && h.Move != nil }, (*kit).reopenMoved},
		{"an intent has at most 64 bytes", checks, (*kit).shortIntents},
		{"Recover knows a batch that has arrived", checks, (*kit).recoverWhole},
		{"Recover knows a batch of which nothing has arrived", checks, (*kit).recoverNothing},
		{"Recover takes back what has arrived of a batch", func(h *Harness) bool { return checks(h) && h.Cut != nil }, (*kit).recoverPart},
		{"Recover refuses what is no intent, and leaves the target alone", checks, (*kit).recoverNonsense},
	}
}
