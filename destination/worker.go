package destination

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/record"
)

// WorkerOptions are the settings of a worker.
type WorkerOptions struct {
	// Name of the destination, in errors.
	Name   string
	Driver Driver
	// NewFormatter makes the formatter that the worker uses, and a new one when that has panicked.
	NewFormatter func() format.Formatter
	Source       Source
	// NewChain makes what acts on each record before it is formatted; once for each goroutine that formats. Default: none.
	NewChain func() Chain

	// MaxBytes is the size at which a batch is delivered although there is more. It is exceeded by a few
	// records at most, and by a single record that is larger. Default: what a [Sizer] says, else 256 KiB, formatted.
	MaxBytes int
	// MaxRecords bounds a batch. Default: 4096.
	MaxRecords int
	// MaxAge is how long a batch that is not full waits for more. A record of level ERROR or above, Flush and
	// Stop end the wait. Default: 0, it is delivered when nothing more is there.
	MaxAge time.Duration

	// Timeout is the longest that one call of the driver may take; after it its context ends, and the batch is
	// tried again. Default: 0, as long as it wants.
	Timeout time.Duration
	// GiveUpAfter is the number of failed tries after which a batch is given up into the dead letters. What was
	// rejected is put there in any case. Default: 0, it never is.
	GiveUpAfter int
	// DeadLetters keeps what the destination did not take. Default: it is dropped, and counted by reason.
	DeadLetters DeadLetters
	// Fallback takes the batches while the destination is down: after five failures in a row, until a try
	// succeeds. The fallback must not lead back here. Default: they wait.
	Fallback Host
	// Unordered allows several batches of a [Concurrent] driver to be under way at once, and so to arrive in any
	// order. InFlightBytes bounds their memory. Default: one at a time; 16 MiB.
	Unordered     bool
	InFlightBytes int
	// Context is what the driver's contexts are made of, for the values that it carries. Its end means nothing.
	// Default: context.Background().
	Context context.Context

	// RetryMin and RetryMax bound the delay after a failure: it doubles from the first to the second, and a
	// random part of it is waited ("full jitter"). Default: 50 ms; 1 s for a local destination, else 30 s.
	RetryMin, RetryMax time.Duration

	// Notice is called before a batch is formatted, and when there is nothing to deliver. A record that it
	// returns, in binary form, is delivered before the batch, or alone; it is not one of the journal's and not
	// in the account. Default: none.
	Notice func() []byte
	// OnEvent is told when a destination goes down and comes back. It must not block. Default: nobody is.
	OnEvent func(text string, err error)
}

const (
	defaultBytes   = 256 << 10
	defaultRecords = 4096
	defaultRetry   = 50 * time.Millisecond
	localRetryMax  = time.Second
	remoteRetryMax = 30 * time.Second
	defaultFlying  = 16 << 20
)

// Worker moves the records of one source to one driver, in order, with one goroutine.
// Its methods are safe for concurrent use.
type Worker struct {
	o     WorkerOptions
	check Checkpointer // the driver, if it is one

	prober   Prober // the driver, if it is one
	breaker  breaker
	guests   chan *guest
	invited  atomic.Int32 // guests that wait, about
	users    atomic.Int32 // workers whose fallback this is
	diverted atomic.Bool  // batches go to the fallback
	window   *window      // of several batches under way; nil: one at a time

	ctx      context.Context // of deliveries; ends when Stop's does
	abort    context.CancelFunc
	begun    atomic.Bool // by Start, or by a Stop before it
	stopping atomic.Bool
	halted   atomic.Bool   // nothing more is read
	flush    atomic.Bool   // deliver what is there, whatever its age
	hurry    chan struct{} // Flush and Stop end a retry's delay
	done     chan struct{} // the goroutine has ended
	closeErr error         // of the driver, valid after done
	source   guarded
	stats    stats
	counting atomic.Bool // the cursor moves, and what it passes is not counted yet; its end wakes the waiters

	waitMu  sync.Mutex
	waiters []chan struct{}

	// Of the goroutine.
	formatter format.Formatter
	chain     Chain    // or nil
	work      *scratch // nil while the worker sleeps
	flying    *scratch // that another goroutine delivers; nil: none
	spare     *scratch
	landed    chan error // outcome of the delivery under way
	flights   int        // since the payloads were given back
	crowded   bool       // callers keep all processors busy
	overlap   bool       // there is a processor for it
	underWay  []*flight  // where there is a window, oldest first
	view      record.View
	helpers   []*helper // that format parts of what was read
	past      []pastMark
	pace      pace
	hasty     bool // flush was set before the records at hand were read
	ackFails  bool // which was reported
}

// NewWorker returns a worker that does nothing until [Worker.Start].
func NewWorker(o WorkerOptions) *Worker {
	if s, ok := o.Driver.(Sizer); ok && o.MaxBytes <= 0 {
		o.MaxBytes = s.BatchBytes()
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultBytes
	}
	if o.MaxRecords <= 0 {
		o.MaxRecords = defaultRecords
	}
	if o.InFlightBytes <= 0 {
		o.InFlightBytes = defaultFlying
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
	o.RetryMax = max(o.RetryMax, o.RetryMin)
	w := &Worker{o: o, hurry: make(chan struct{}, 1), done: make(chan struct{}), formatter: o.NewFormatter(), chain: o.newChain(),
		landed: make(chan error, 1), overlap: runtime.GOMAXPROCS(0) > 1}
	w.source.Source = o.Source
	w.check, _ = o.Driver.(Checkpointer)
	w.prober, _ = o.Driver.(Prober)
	w.ctx, w.abort = context.WithCancel(baseContext(o.Context))
	w.guests = make(chan *guest, mostGuests)
	if o.Fallback != nil {
		o.Fallback.join()
	}
	w.openWindow()
	w.stats.state.Store(health.StateIdle)
	return w
}

// openWindow lets several batches be under way where the driver and the configuration allow it.
func (w *Worker) openWindow() {
	c, ok := w.o.Driver.(Concurrent)
	if !ok || !w.o.Unordered || w.check != nil {
		return
	}
	if n := c.Concurrent(); n > 1 {
		w.window = newWindow(n, w.o.InFlightBytes, w.o.MaxBytes)
		w.stats.calls = &calls{began: map[time.Time]int{}}
	}
}

func baseContext(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return context.WithoutCancel(ctx)
}

func (o *WorkerOptions) newChain() Chain {
	if o.NewChain == nil {
		return nil
	}
	return o.NewChain()
}

// Start starts the goroutine. It does nothing the second time, and after Stop.
func (w *Worker) Start() {
	if w.begun.CompareAndSwap(false, true) {
		go w.run()
	}
}

// Flush makes the worker deliver now what is there: it ends its sleep, the wait for a batch to fill up, or the
// delay before a retry.
func (w *Worker) Flush() {
	w.flush.Store(true)
	select {
	case w.hurry <- struct{}{}:
	default:
	}
	w.source.Kick()
}

// Status returns what the worker says of itself now.
func (w *Worker) Status() Status {
	s := w.stats.status()
	s.Breaker, s.NextTry = w.breaker.state()
	s.MayFly = 1
	if w.window != nil {
		s.Flying, s.MayFly = int(w.stats.flights.Load()), w.window.size()
	} else if s.InFlight > 0 {
		s.Flying = 1
	}
	if w.breaker.down.Load() && s.State != health.StateClosed && s.State != health.StateBlocked {
		s.State = health.StateRetrying
	}
	return s
}

// event tells whoever asked for events. A panic there is not the worker's end.
func (w *Worker) event(text string, err error) { tell(w.o.OnEvent, text, err) }

func tell(onEvent func(string, error), text string, err error) {
	if onEvent == nil {
		return
	}
	defer func() { _ = recover() }()
	onEvent(text, err)
}

// guarded is the source as the worker uses it. Once it is abandoned, by a Stop that could not wait
// for a delivery, the goroutine no longer touches it: the journal behind it may be closed.
type guarded struct {
	Source
	mu        sync.Mutex
	abandoned atomic.Bool
}

var errAbandoned = errors.New("the worker was stopped during a delivery")

// do calls fn unless the source is abandoned.
func (g *guarded) do(fn func() error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.abandoned.Load() {
		return errAbandoned
	}
	return fn()
}

// abandon ends further calls. One that is under way may be held by a disk, so it is not waited for.
func (g *guarded) abandon() { g.abandoned.Store(true) }

// WaitAcked returns nil when everything before m is delivered or dropped, else the context's error when
// that ends first, or an error when the worker has stopped. It does not make the worker hurry: see [Worker.Flush].
func (w *Worker) WaitAcked(ctx context.Context, m Mark) error {
	for {
		ch := w.addWaiter()
		if w.o.Source.Reached(m) && !w.counting.Load() {
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

// panicError is what a panic of code that is not ours becomes.
func panicError(where string, v any) error { return fmt.Errorf("panic in %s: %v", where, v) }
