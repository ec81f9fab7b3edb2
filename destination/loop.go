package destination

import (
	"runtime"
	"runtime/debug"
	"time"

	"github.com/hydra-logger/hydra/health"
)

// run is the worker's goroutine:
//
//	read records → format them → batch full, old enough, or nothing more to read? deliver, acknowledge
//	nothing to read → nap; after some naps, sleep until the next record
func (w *Worker) run() {
	defer w.end()
	debug.SetPanicOnFault(true) // a mapped file that somebody cuts short costs a record, not the process
	w.recoverIntents()
	settled(w.o.Driver)
	if w.window != nil {
		w.runConcurrent()
		return
	}
	for w.ctx.Err() == nil && !w.halted.Load() {
		w.hospitable()
		stopping := w.stopping.Load() // looked at before, so that what was accepted before Stop is seen
		n, err := w.fetch()
		if n > 0 {
			w.take(n)
			continue
		}
		if !w.nothing(err, stopping) {
			break
		}
	}
	w.land() // before end aborts it
}

// hospitable delivers guests between batches.
func (w *Worker) hospitable() {
	if w.invited.Load() > 0 && w.land() {
		w.serve()
	}
}

// end closes the driver.
func (w *Worker) end() {
	w.abort()
	w.land()
	if w.o.Fallback != nil {
		w.o.Fallback.part()
	}
	w.sleepwalk()
	w.closeErr = closeDriver(w.o.Driver)
	w.stats.state.Store(health.StateClosed)
	close(w.done)
	w.wakeWaiters()
}

// leastFetch is the least that is read at once, in bytes.
const leastFetch = 8 << 10

// fetch reads records behind those of the batch.
func (w *Worker) fetch() (n int, err error) {
	w.hasty = w.flush.Swap(false) || w.hasty
	s := w.scratch()
	if s.short && len(s.entries) < w.o.MaxRecords {
		s.entries = make([]Entry, min(4*len(s.entries), w.o.MaxRecords))
	}
	room := min(len(s.entries), w.o.MaxRecords-s.taken())
	left := max((w.o.MaxBytes-len(s.batch.Data))/2, leastFetch)
	err = w.source.do(func() error {
		n, err = w.source.Next(s.entries[:room], left)
		return err
	})
	s.short = n == len(s.entries)
	return n, err
}

// take formats records that were just read, and delivers the batch when it is full.
func (w *Worker) take(n int) {
	w.stats.state.Store(health.StateDelivering)
	s := w.work
	entries := s.entries[:n]
	if s.taken() > 0 && s.end.Journal != entries[0].Journal {
		w.move() // a batch ends with the journal
	}
	w.format(entries)
	if len(s.batch.Data) >= w.o.MaxBytes || s.taken() >= w.o.MaxRecords {
		w.pace.full()
		behind := s.lag()
		if w.overlap && w.flights < mostFlights {
			w.launch()
		} else {
			w.move()
			w.release()
		}
		w.giveWay(behind)
	}
}

// patience is how far behind a worker may get for the sake of callers.
const patience = time.Second

// giveWay lets callers go first where they keep all processors busy: what they accept is kept, and can be delivered
// when they rest. Else a worker takes as much of the processors as each of them. One that is far behind does, and
// one for which somebody waits. That the processors are busy shows in the time that others take when the worker
// offers them its own.
func (w *Worker) giveWay(behind time.Duration) {
	if behind >= patience || w.pressed() || w.hasty || w.flush.Load() || w.stopping.Load() {
		w.crowded = false
		return
	}
	offered := time.Now()
	runtime.Gosched()
	if w.crowded = time.Since(offered) > crowded; w.crowded {
		w.source.Wait(w.ctx, true, stepBack)
	}
}

func (w *Worker) pressed() bool {
	p, ok := w.o.Source.(Pressing)
	return ok && p.Pressed()
}

const (
	crowded  = 200 * time.Microsecond
	stepBack = 10 * time.Millisecond
)

// lag is the age of the last record of the batch.
func (s *scratch) lag() time.Duration {
	if n := len(s.batch.Items); n > 0 {
		return time.Since(time.Unix(0, s.batch.Items[n-1].Time))
	}
	return 0
}

// nothing is called when there is nothing to read. It returns false when the worker is to end.
func (w *Worker) nothing(err error, stopping bool) bool {
	if err != nil {
		w.stats.failed(err)
	}
	if w.flying != nil { // the source may go on once it is acknowledged
		if w.land() && w.work.taken() == 0 {
			w.release()
		}
		return true
	}
	if w.work.taken() > 0 {
		if left := w.young(); left > 0 {
			w.source.Wait(w.ctx, true, min(left, longNap)) // callers do not end it when the batch becomes full
			return true
		}
		w.pace.partly(len(w.work.batch.Data), w.o.MaxBytes)
		w.move()
		w.release()
		w.hasty = false
		if !w.stopping.Load() {
			w.rest(nil)
		}
		return true
	}
	w.hasty = false
	w.wakeWaiters() // the cursor may have passed records that are not ours
	w.deliverNotice()
	if stopping && w.users.Load() <= 0 {
		return false
	}
	w.rest(err)
	return true
}

// deliverNotice delivers a notice that has no records behind it: what was dropped is told also when nothing follows.
func (w *Worker) deliverNotice() {
	if w.o.Notice == nil {
		return
	}
	if w.addNotice(); w.work.notices > 0 {
		w.deliver(w.work)
		w.work.reset()
	}
}

// young is how much longer the batch waits for more records.
func (w *Worker) young() time.Duration {
	s := w.work
	if w.o.MaxAge <= 0 || w.hasty || s.urgent || w.stopping.Load() {
		return 0
	}
	return time.Until(s.since.Add(w.o.MaxAge))
}

// move delivers the batch and moves the cursor past it.
func (w *Worker) move() {
	if w.land() && w.deliver(w.work) {
		w.acknowledge(w.work)
	}
	w.work.reset()
	w.wakeWaiters()
}

// release gives the payloads of the delivered batches back.
func (w *Worker) release() {
	w.flights = 0
	_ = w.source.do(func() error { w.source.Release(); return nil })
}

// acknowledge moves the cursor first and counts after: who looks at both sees no record twice.
func (w *Worker) acknowledge(s *scratch) {
	w.counting.Store(true)
	defer w.counting.Store(false)
	err := w.source.do(func() error { return w.source.Ack(s.end) })
	if err == errAbandoned {
		return // it stays in the journal
	}
	w.stats.moved(s)
	if err == nil {
		w.ackFails = false
		return
	}
	w.stats.failed(err)
	if !w.ackFails {
		w.ackFails = true
		w.event("the journal's cursor could not be stored; records may be delivered twice after a crash", err)
	}
}

// A worker that finds nothing naps: callers do not end a nap, except with urgent records, so that traffic
// costs them no wake-up, and records gather. Then it sleeps without a timer until the next record.
const (
	shortNap = time.Millisecond
	longNap  = 8 * time.Millisecond
	mostNaps = 8 // in a row
)

// pace decides how long to rest.
type pace struct {
	nap   time.Duration
	empty int // naps after which there was nothing
}

// full: a full batch was delivered, traffic is heavy.
func (p *pace) full() { p.nap, p.empty = shortNap, 0 }

// partly: a batch of n bytes was delivered that could have been larger.
func (p *pace) partly(n, limit int) {
	p.empty = 0
	if n >= limit/4 {
		p.nap = shortNap
		return
	}
	p.longer()
}

func (p *pace) longer() { p.nap = min(max(2*p.nap, shortNap), longNap) }

func (w *Worker) rest(err error) {
	if err != nil {
		w.pause(w.o.RetryMax)
		return
	}
	w.stats.state.Store(health.StateIdle)
	p := &w.pace
	if p.empty >= mostNaps {
		w.sleepwalk()
		w.source.Wait(w.ctx, false, -1)
		*p = pace{}
		return
	}
	p.empty++
	p.longer()
	w.source.Wait(w.ctx, true, p.nap)
}

// sleepwalk gives the worker's memory to others while it sleeps.
func (w *Worker) sleepwalk() {
	for _, s := range []*scratch{w.work, w.spare} {
		if s != nil {
			s.giveBack()
		}
	}
	w.work, w.spare, w.helpers = nil, nil, nil
}
