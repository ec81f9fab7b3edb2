package destination

import (
	"errors"
	"runtime/debug"
)

// A worker that is behind has a second goroutine deliver a full batch while it formats the next one itself:
//
//	worker   format 1 │ format 2      │ wait, acknowledge 1 │ format 3      │ wait, acknowledge 2 │ …
//	flight            │ deliver 1 ────┤                     │ deliver 2 ────┤
//
// One batch is under way at a time, in order, and calls of the source never overlap. The payloads
// of several batches live at once then: after mostFlights the worker delivers by itself and gives them back.
const mostFlights = 8

// errGoexit is the outcome of a driver that ended its goroutine.
var errGoexit = errors.New("the driver called runtime.Goexit")

// launch begins the delivery of the worker's batch, and leaves the worker without one.
func (w *Worker) launch() {
	if !w.land() {
		w.work.reset()
		return
	}
	s := w.work
	if len(s.batch.Items) == 0 {
		w.move()
		return
	}
	if w.breaker.down.Load() { // the fallback may take it
		w.move()
		return
	}
	w.calmDown()
	w.flights++
	w.flying, w.work = s, nil
	go w.fly(s)
}

func (w *Worker) fly(s *scratch) {
	debug.SetPanicOnFault(true)
	err := errGoexit
	defer func() { w.landed <- err }()
	err = w.try(s, &s.batch)
}

// land waits for the batch under way, which is tried again until the driver takes it. It returns false when
// the worker was stopped before: nothing may be delivered after it then.
func (w *Worker) land() bool {
	s := w.flying
	if s == nil {
		return true
	}
	ok := w.insist(s, <-w.landed)
	if ok {
		w.acknowledge(s)
	}
	s.reset()
	w.flying, w.spare = nil, s
	w.wakeWaiters()
	return ok
}
