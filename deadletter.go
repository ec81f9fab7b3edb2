package hydra

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/hydra-logger/hydra/deadletter"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/health"
)

// deadLetterDir is the directory in the state directory that holds one for each destination. All processes
// of the logger share it.
const deadLetterDir = "dead-letter"

// openDeadLetters returns where the dead letters of a destination are kept, nil without a state directory.
func (e *engine) openDeadLetters(d *dest) *deadletter.Store {
	if e.stateDir == "" {
		return nil
	}
	o := e.deadLetterOptions(d)
	return deadletter.Open(filepath.Join(e.stateDir, deadLetterDir, deadletter.DirName(d.cfg.Name)), o)
}

func (e *engine) deadLetterOptions(d *dest) deadletter.Options {
	limits := d.cfg.Delivery.DeadLetter
	return deadletter.Options{MaxBytes: limits.MaxBytes, MaxAge: limits.MaxAge, OnEvict: func(n uint64, why string) {
		e.notes.write(Event{Subject: "destination " + d.cfg.Name, Text: fmt.Sprintf("%d dead letters were removed: %s", n, why)})
	}}
}

// reportDelivery says how deliveries go.
func (e *engine) reportDelivery(d *dest, r *health.Destination, s *destination.Status) {
	r.Ledger.DeadLettered, r.Ledger.Fallback, r.Ledger.Guests = s.DeadLettered, s.Fallback, s.Guests
	r.Breaker, r.NextTry = s.Breaker, timeOrNil(s.NextTry)
	r.InFlight, r.InFlightMax = s.Flying, s.MayFly
	if d.dead == nil {
		return
	}
	d.expireLetters()
	st, err := d.dead.Stats()
	if err != nil {
		r.LastError = "dead letters: " + err.Error()
	}
	if st.Letters > 0 || st.Evicted > 0 {
		r.DeadLetters = &health.DeadLetters{Records: st.Letters, Bytes: st.Bytes, Oldest: timeOrNil(st.Oldest), Evicted: st.Evicted}
	}
}

// expireEvery is how often a health report looks for dead letters that are too old.
const expireEvery = time.Minute

// expireLetters removes dead letters that are too old.
func (d *dest) expireLetters() {
	now := time.Now().UnixNano()
	if last := d.expired.Load(); now-last < int64(expireEvery) || !d.expired.CompareAndSwap(last, now) {
		return
	}
	_ = d.dead.Expire() // the next report tries again
}

// deliveryReasons says what is wrong with deliveries beyond that they fail.
func (d *dest) deliveryReasons(r *health.Destination) []health.Reason {
	var out []health.Reason
	add := func(code health.Code, text string, args ...any) {
		out = append(out, health.Reason{Code: code, Status: health.Degraded, Subject: r.Name, Text: fmt.Sprintf(text, args...)})
	}
	if l := r.DeadLetters; l != nil && l.Records > 0 {
		add(health.CodeDeadLetters, "%d records that it did not take are kept, %d bytes: see hydralog dead-letter", l.Records, l.Bytes)
	}
	if l := r.DeadLetters; l != nil && l.Evicted > 0 {
		add(health.CodeDeadLetters, "%d dead letters were removed because of their number or age", l.Evicted)
	}
	if d.fallback != nil && r.Breaker != "" && r.Breaker != destination.BreakerClosed {
		add(health.CodeFallback, "it is down; its records go to destination %q: %d so far", d.fallback.cfg.Name, r.Ledger.Fallback)
	}
	return out
}
