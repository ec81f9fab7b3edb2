package destination

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/record"
)

// WorkerOptions are the settings of a worker.
type WorkerOptions struct {
	// Name of the destination, in errors and events.
	Name   string
	Driver Driver
	// NewFormatter makes the formatter that the worker uses.
	NewFormatter func() format.Formatter
	Source       Source

	// MaxBytes and MaxRecords bound a batch. Default: 256 KiB of records, 1024 records.
	MaxBytes   int
	MaxRecords int
	// MaxAge is how long a batch that is not full waits for more. Default: 0, it is delivered when nothing more is there.
	MaxAge time.Duration

	// RetryMin and RetryMax bound the delay after a failure: it doubles from the first to the second, and a
	// random part of it is waited ("full jitter"). Default: 50 ms; 1 s for a local destination, else 30 s.
	RetryMin, RetryMax time.Duration

	// Notice is called before a batch is formatted. A record that it returns, in binary form, is written
	// before the batch; it is not one of the journal's and not in the account. Default: none.
	Notice func() []byte
	// OnEvent is told when a destination goes down and comes back. It must not block. Default: nobody is.
	OnEvent func(text string, err error)
}

const (
	defaultBytes   = 256 << 10
	defaultRecords = 1024
	defaultRetry   = 50 * time.Millisecond
	localRetryMax  = time.Second
	remoteRetryMax = 30 * time.Second

	// stopGrace is how long Stop waits for a delivery to notice that its context has ended.
	stopGrace = 100 * time.Millisecond
)

// Worker moves the records of one source to one driver, in order, with one goroutine.
type Worker struct {
	o     WorkerOptions
	check Checkpointer // the driver, if it is one

	deliverCtx context.Context // ends when Stop's does
	abort      context.CancelFunc
	started    atomic.Bool
	stopping   atomic.Bool
	hurry      chan struct{} // Flush and Stop end a retry's delay
	done       chan struct{} // the goroutine has ended
	closeErr   error         // of the driver, valid after done

	// Of the goroutine.
	formatter   format.Formatter
	entries     []Entry
	batch       Batch
	view        record.View
	noticeView  record.View
	redelivered Mark // records up to here may have been delivered by an earlier run
	naps        int

	stats   stats
	waitMu  sync.Mutex
	waiters []chan struct{}
}

// NewWorker returns a worker that does nothing until [Worker.Start].
func NewWorker(o WorkerOptions) *Worker {
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultBytes
	}
	if o.MaxRecords <= 0 {
		o.MaxRecords = defaultRecords
	}
	if o.RetryMin <= 0 {
		o.RetryMin = defaultRetry
	}
	if o.RetryMax <= 0 {
		o.RetryMax = remoteRetryMax
		if l, ok := o.Driver.(Local); ok && l.Local() {
			o.RetryMax = localRetryMax
		}
	}
	if o.OnEvent == nil {
		o.OnEvent = func(string, error) {}
	}
	w := &Worker{o: o, hurry: make(chan struct{}, 1), done: make(chan struct{}),
		formatter: o.NewFormatter(), entries: make([]Entry, o.MaxRecords)}
	w.check, _ = o.Driver.(Checkpointer)
	w.deliverCtx, w.abort = context.WithCancel(context.Background())
	w.stats.state.Store(health.StateIdle)
	return w
}

// Start starts the goroutine.
func (w *Worker) Start() {
	w.started.Store(true)
	go w.run()
}

func (w *Worker) run() {
	defer close(w.done)
	defer w.abort()
	w.recoverIntent()
	for w.deliverCtx.Err() == nil {
		n, err := w.o.Source.Next(w.entries, w.o.MaxBytes)
		if n > 0 {
			w.naps = 0
			w.move(w.fill(n))
			continue
		}
		w.wakeWaiters()
		if w.stopping.Load() {
			break
		}
		w.rest(err)
	}
	w.closeErr = w.closeDriver()
	w.stats.state.Store(health.StateClosed)
	w.wakeWaiters()
}

// fill waits for more records while the batch is young and not full.
func (w *Worker) fill(n int) int {
	if w.o.MaxAge <= 0 {
		return n
	}
	for due := time.Now().Add(w.o.MaxAge); n < len(w.entries) && !w.stopping.Load(); {
		left := time.Until(due)
		if left <= 0 {
			break
		}
		w.o.Source.Wait(w.deliverCtx, true, left)
		more, _ := w.o.Source.Next(w.entries[n:], w.o.MaxBytes)
		if more == 0 && time.Until(due) > 0 {
			break // woken by Flush
		}
		n += more
	}
	return n
}

// move delivers the first n entries, and moves the cursor past them.
func (w *Worker) move(n int) {
	w.stats.state.Store(health.StateDelivering)
	end := Mark{Journal: w.entries[n-1].Journal, End: w.entries[n-1].End}
	w.build(w.entries[:n])
	if w.deliver(end) {
		w.acknowledge(end, n)
	}
	w.o.Source.Release()
	if cap(w.batch.Data) > 8*w.o.MaxBytes {
		w.batch.Data = nil // one huge record should not cost memory for ever
	}
	w.wakeWaiters()
}

func (w *Worker) acknowledge(end Mark, n int) {
	delivered := len(w.batch.Items)
	w.stats.delivered.Add(uint64(delivered))
	if w.redelivered != (Mark{}) {
		w.countRedelivered(w.entries[:n])
	}
	w.stats.arrived()
	if err := w.o.Source.Ack(end); err != nil {
		w.stats.failed(err)
		w.o.OnEvent("the journal's cursor could not be stored; records may be delivered twice after a crash", err)
	}
}

func (w *Worker) countRedelivered(entries []Entry) {
	for _, e := range entries {
		if e.Journal == w.redelivered.Journal && e.End <= w.redelivered.End {
			w.stats.redelivered.Add(1)
		}
	}
	if last := entries[len(entries)-1]; last.Journal != w.redelivered.Journal || last.End >= w.redelivered.End {
		w.redelivered = Mark{}
	}
}

// recoverIntent asks the driver what became of the batch that an earlier run was delivering when it ended.
func (w *Worker) recoverIntent() {
	if w.check == nil {
		return
	}
	end, intent := w.o.Source.PendingIntent()
	if intent == nil {
		return
	}
	delivered, err := w.recoverDriver(intent)
	switch {
	case err != nil:
		w.redelivered = end
		w.o.OnEvent("a batch of the last run may be delivered twice", err)
	case delivered:
		if err := w.o.Source.Ack(end); err != nil {
			w.redelivered = end
		}
	}
}

func (w *Worker) recoverDriver(intent []byte) (delivered bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic in the driver's Recover: %v", v)
		}
	}()
	return w.check.Recover(intent)
}

// The pauses of a worker that found nothing: naps, which callers do not end except for urgent
// records, so that traffic costs them no wake-up; then sleep without a timer until the next record.
const (
	firstNap = time.Millisecond
	lastNap  = 10 * time.Millisecond
	mostNaps = 20
)

func (w *Worker) rest(err error) {
	if err != nil {
		w.stats.failed(err)
		w.pause(w.o.RetryMax)
		return
	}
	w.stats.state.Store(health.StateIdle)
	if w.naps >= mostNaps {
		w.o.Source.Wait(w.deliverCtx, false, -1)
		w.naps = 0
		return
	}
	w.naps++
	w.o.Source.Wait(w.deliverCtx, true, min(firstNap*time.Duration(w.naps), lastNap))
}

// Flush makes the worker deliver now what is there: it ends its sleep, or the delay before a retry.
func (w *Worker) Flush() {
	select {
	case w.hurry <- struct{}{}:
	default:
	}
	w.o.Source.Kick()
}

// WaitAcked returns nil when everything before m is delivered or dropped, else the context's error when
// that ends first, or an error when the worker has stopped.
func (w *Worker) WaitAcked(ctx context.Context, m Mark) error {
	for {
		ch := w.addWaiter()
		if w.o.Source.Reached(m) {
			w.removeWaiter(ch)
			return nil
		}
		select {
		case <-ch:
		case <-ctx.Done():
			w.removeWaiter(ch)
			return ctx.Err()
		case <-w.done:
			w.removeWaiter(ch)
			if w.o.Source.Reached(m) {
				return nil
			}
			return errStopped
		}
	}
}

var errStopped = errors.New("the destination's worker has stopped")

func (w *Worker) addWaiter() chan struct{} {
	ch := make(chan struct{})
	w.waitMu.Lock()
	w.waiters = append(w.waiters, ch)
	w.waitMu.Unlock()
	return ch
}

func (w *Worker) removeWaiter(ch chan struct{}) {
	w.waitMu.Lock()
	defer w.waitMu.Unlock()
	for i, other := range w.waiters {
		if other == ch {
			w.waiters = append(w.waiters[:i], w.waiters[i+1:]...)
			return
		}
	}
}

func (w *Worker) wakeWaiters() {
	w.waitMu.Lock()
	defer w.waitMu.Unlock()
	for _, ch := range w.waiters {
		close(ch)
	}
	w.waiters = w.waiters[:0]
}
