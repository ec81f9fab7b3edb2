package destination

import (
	"runtime/debug"
	"time"
)

// The worker of a destination that keeps no order has several batches under way, each with a goroutine that sees it
// through: tries, retries, halves, dead letters. The cursor moves over those that are done from the oldest on:
//
//	worker    format 1 │ format 2 │ format 3 │ …      │ acknowledge 1 and 2 │ …
//	flight 1           │ deliver ───────────── retry ─┤
//	flight 2                      │ deliver ───┤ (done, and waits for 1)
//
// A batch has its own copies of the records, so that the journal's are given back at once.

// flight is a batch under way.
type flight struct {
	s    *scratch
	done chan struct{}
	ok   bool // all of it is dealt with; valid after done
}

// runConcurrent is run for several batches at a time.
func (w *Worker) runConcurrent() {
	for w.ctx.Err() == nil && !w.halted.Load() {
		stopping := w.stopping.Load()
		w.hospitable()
		w.reap()
		n, err := w.fetch()
		if n > 0 {
			w.takeOwn(n)
			continue
		}
		if !w.idle(err, stopping) {
			break
		}
	}
	for len(w.underWay) > 0 && w.reapOldest() {
	}
}

// takeOwn formats records that were just read, with copies of their own.
func (w *Worker) takeOwn(n int) {
	s := w.work
	entries := s.entries[:n]
	if s.taken() > 0 && s.end.Journal != entries[0].Journal {
		w.dispatch() // a batch ends with the journal
		s = w.scratch()
	}
	from := len(s.batch.Items)
	w.format(entries)
	for i := from; i < len(s.batch.Items); i++ {
		it := &s.batch.Items[i]
		at := len(s.raw)
		s.raw = append(s.raw, it.Raw...)
		it.Raw = s.raw[at:len(s.raw):len(s.raw)]
	}
	w.release()
	if len(s.batch.Data) >= w.o.MaxBytes || s.taken() >= w.o.MaxRecords {
		behind := s.lag()
		w.pace.full()
		w.dispatch()
		w.giveWay(behind)
	}
}

// idle is called when there is nothing to read. It returns false when the worker is to end.
func (w *Worker) idle(err error, stopping bool) bool {
	if err != nil {
		w.stats.failed(err)
	}
	if w.work.taken() > 0 {
		if left := w.young(); left > 0 {
			w.source.Wait(w.ctx, true, min(left, longNap))
			return true
		}
		w.pace.partly(len(w.work.batch.Data), w.o.MaxBytes)
		w.dispatch()
		w.hasty = false
		return true
	}
	w.hasty = false
	w.wakeWaiters()
	if w.o.Notice != nil && len(w.underWay) == 0 {
		if w.addNotice(); w.work.notices > 0 {
			w.dispatch()
		}
	}
	if len(w.underWay) > 0 {
		w.awaitFlight(stopping)
		return true
	}
	if stopping && w.users.Load() <= 0 {
		return false
	}
	w.rest(err)
	return true
}

// awaitFlight waits until a batch is done, or there is something to read.
func (w *Worker) awaitFlight(stopping bool) {
	if stopping {
		w.reapOldest()
		return
	}
	w.source.Wait(w.ctx, true, longNap) // a flight that ends kicks it
}

// dispatch sends the worker's batch on its way, once there is room.
func (w *Worker) dispatch() {
	for len(w.underWay) > 0 && len(w.underWay) >= w.window.size() {
		if !w.reapOldest() {
			break
		}
	}
	f := &flight{s: w.work, done: make(chan struct{})}
	w.work = nil
	if w.ctx.Err() != nil {
		f.s.reset()
		return
	}
	w.underWay = append(w.underWay, f)
	w.stats.flights.Add(1)
	go w.seeThrough(f)
}

// seeThrough is the goroutine of a batch under way.
func (w *Worker) seeThrough(f *flight) {
	debug.SetPanicOnFault(true)
	s := f.s
	returned := false
	defer func() {
		if !returned && w.ctx.Err() == nil { // the driver has ended the goroutine: the batch gets another
			w.stats.failed(errGoexit)
			w.stats.retries.Add(1)
			w.fail(s, errGoexit)
			go w.seeThrough(f)
			return
		}
		w.stats.flights.Add(-1)
		close(f.done)
		if !w.source.abandoned.Load() {
			w.source.Kick()
		}
	}()
	f.ok = w.flyAlone(s)
	returned = true
}

func (w *Worker) flyAlone(s *scratch) bool {
	if len(s.batch.Items) == 0 {
		return true
	}
	if w.breaker.down.Load() {
		return w.begin(s, &s.batch) && w.bury(s)
	}
	err := errGoexit
	func() {
		defer func() { w.window.observe(s.began, time.Since(s.began), OutcomeOf(err).Kind != Retrying) }()
		err = w.try(s, &s.batch)
	}()
	return w.insist(s, err)
}

// reap acknowledges what is done, from the oldest on.
func (w *Worker) reap() {
	for len(w.underWay) > 0 {
		select {
		case <-w.underWay[0].done:
			w.reapOldest()
		default:
			return
		}
	}
}

// reapOldest waits for the oldest batch and acknowledges it. It returns false when the worker was stopped before:
// nothing behind it is acknowledged.
func (w *Worker) reapOldest() bool {
	f := w.underWay[0]
	<-f.done
	if !f.ok {
		w.abandonFlights()
		return false
	}
	w.underWay = w.underWay[1:]
	if f.s.end != (Mark{}) {
		w.acknowledge(f.s)
	}
	f.s.giveBack()
	w.wakeWaiters()
	return true
}

// abandonFlights waits for what is under way after the worker was stopped; it stays in the journal.
func (w *Worker) abandonFlights() {
	for _, f := range w.underWay {
		<-f.done
		f.s.giveBack()
	}
	w.underWay = nil
}
