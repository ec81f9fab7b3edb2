package destination

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// fakeSource is a journal in memory. A payload is spoiled when it is released, so that a later use is seen.
type fakeSource struct {
	mu      sync.Mutex
	entries []Entry
	next    int
	lent    [][]byte
	acked   map[[16]byte]uint64
	acks    []Mark
	waits   []fakeWait
	wakes   int // lowest priority that ends the present Wait; never while nobody waits
	wake    chan struct{}
	intents []fakeIntent // stored by the worker
	pending []fakeIntent // of earlier runs
	touched int          // calls of the worker's goroutine
	onEmpty func()       // once, when Next has found nothing and not yet returned
	nextErr error
	ackErr  error
}

type fakeWait struct {
	urgentOnly bool
	d          time.Duration
}

type fakeIntent struct {
	end   Mark
	state string
}

const (
	never       = 1000
	urgent      = 136 // priority of slog.LevelError
	fakeJournal = 'j'
)

func newFakeSource() *fakeSource {
	return &fakeSource{acked: map[[16]byte]uint64{}, wakes: never, wake: make(chan struct{}, 1)}
}

// payload is a record with a message and a level.
func payload(level slog.Level, message string) []byte {
	var e record.Encoder
	return bytes.Clone(e.Encode(&record.Header{Time: 1, Level: level, Layer: "l", Message: message}, nil, nil))
}

// add accepts a record and returns the mark behind it.
func (s *fakeSource) add(level slog.Level, message string) Mark {
	return s.addRaw(fakeJournal, level, payload(level, message))
}

func (s *fakeSource) addRaw(journal byte, level slog.Level, raw []byte) Mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	priority := uint8(level + 128)
	end := uint64(len(s.entries)+1) * 100
	s.entries = append(s.entries, Entry{Journal: [16]byte{journal}, Position: end - 100, End: end, Priority: priority, Payload: raw})
	if int(priority) >= s.wakes {
		s.signal()
	}
	return Mark{Journal: [16]byte{journal}, End: end}
}

func (s *fakeSource) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *fakeSource) Next(dst []Entry, maxBytes int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touched++
	n, size := 0, 0
	for n < len(dst) && s.next < len(s.entries) {
		e := s.entries[s.next]
		if n > 0 && (size+len(e.Payload) > maxBytes || e.Journal != dst[0].Journal) {
			break
		}
		size += len(e.Payload)
		e.Payload = bytes.Clone(e.Payload)
		s.lent = append(s.lent, e.Payload)
		dst[n] = e
		n++
		s.next++
	}
	if n == 0 && s.onEmpty != nil {
		f := s.onEmpty
		s.onEmpty = nil
		s.mu.Unlock()
		f()
		s.mu.Lock()
	}
	return n, s.nextErr
}

func (s *fakeSource) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touched++
	for _, p := range s.lent {
		for i := range p {
			p[i] = 0xff
		}
	}
	s.lent = nil
}

func (s *fakeSource) Wait(ctx context.Context, urgentOnly bool, d time.Duration) {
	from := 0
	if urgentOnly {
		from = urgent
	}
	s.mu.Lock()
	s.touched++
	s.waits = append(s.waits, fakeWait{urgentOnly, d})
	unread := slices.ContainsFunc(s.entries[s.next:], func(e Entry) bool { return int(e.Priority) >= from })
	s.wakes = from
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.wakes = never
		s.mu.Unlock()
	}()
	if unread {
		return
	}
	var timeout <-chan time.Time
	if d >= 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		timeout = t.C
	}
	select {
	case <-s.wake:
	case <-timeout:
	case <-ctx.Done():
	}
}

func (s *fakeSource) Intent(end Mark, intent []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touched++
	if end == (Mark{}) {
		return errors.New("an intent for no place in any journal")
	}
	s.intents = append(s.intents, fakeIntent{end, string(intent)})
	s.pending = slices.DeleteFunc(s.pending, func(p fakeIntent) bool { return p.end == end })
	return nil
}

func (s *fakeSource) PendingIntent() (Mark, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pending {
		if s.acked[p.end.Journal] < p.end.End {
			return p.end, []byte(p.state)
		}
	}
	return Mark{}, nil
}

func (s *fakeSource) Ack(end Mark) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touched++
	s.acked[end.Journal] = max(s.acked[end.Journal], end.End)
	s.acks = append(s.acks, end)
	return s.ackErr
}

func (s *fakeSource) Reached(m Mark) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acked[m.Journal] >= m.End
}

func (s *fakeSource) Kick() { s.signal() }

func (s *fakeSource) Pending() (uint64, int64, time.Time) { return 0, 0, time.Time{} }

func (s *fakeSource) lastWait() fakeWait {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waits[len(s.waits)-1]
}

func (s *fakeSource) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.touched
}

// fakeDriver keeps the lines that it takes.
type fakeDriver struct {
	mu       sync.Mutex
	deliver  func(ctx context.Context, b *Batch) error // before the batch is kept; nil: take it
	close    func() error
	taken    []string // a line a record, the batches that were taken
	batches  []int    // records of each
	attempts []time.Time
	closed   int
}

func (d *fakeDriver) Deliver(ctx context.Context, b *Batch) error {
	d.mu.Lock()
	d.attempts = append(d.attempts, time.Now())
	f := d.deliver
	d.mu.Unlock()
	if f != nil {
		if err := f(ctx, b); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := strings.SplitAfter(string(b.Data), "\n")
	d.taken = append(d.taken, lines[:len(lines)-1]...)
	d.batches = append(d.batches, len(lines)-1)
	return nil
}

func (d *fakeDriver) Close(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed++
	if d.close != nil {
		return d.close()
	}
	return nil
}

func (d *fakeDriver) lines() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.taken)
}

// set changes what deliveries do from now on.
func (d *fakeDriver) set(deliver func(ctx context.Context, b *Batch) error) {
	d.mu.Lock()
	d.deliver = deliver
	d.mu.Unlock()
}

var errDown = errors.New("the other side is down")

func down(context.Context, *Batch) error { return errDown }

// messages is a formatter that writes the message alone, and panics where it is "panic".
type messages struct{ broken bool }

func (f *messages) Append(dst []byte, v *record.View) []byte {
	dst = append(dst, v.Message...)
	if v.Message == "panic" {
		f.broken = true
		panic("as asked")
	}
	if f.broken {
		dst = append(dst, " of a broken formatter"...)
	}
	return append(dst, '\n')
}

// rig is a worker with its surroundings.
type rig struct {
	*Worker
	t      *testing.T
	source *fakeSource
	driver *fakeDriver
	mu     sync.Mutex
	events []string
}

func newRig(t *testing.T, change func(o *WorkerOptions)) *rig {
	r := &rig{t: t, source: newFakeSource(), driver: &fakeDriver{}}
	o := WorkerOptions{
		Name: "d", Driver: r.driver, Source: r.source,
		NewFormatter: func() format.Formatter { return &messages{} },
		OnEvent: func(text string, err error) {
			r.mu.Lock()
			r.events = append(r.events, fmt.Sprint(text, ": ", err))
			r.mu.Unlock()
		},
	}
	if change != nil {
		change(&o)
	}
	r.Worker = NewWorker(o)
	return r
}

// inBubble runs a test of a worker on a clock of its own, and stops the worker at the end.
func inBubble(t *testing.T, change func(o *WorkerOptions), test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, change)
		test(r)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Errorf("Stop: %v", err)
		}
	})
}

func (r *rig) want(lines ...string) {
	r.t.Helper()
	for i, l := range lines {
		lines[i] = l + "\n"
	}
	if got := r.driver.lines(); !slices.Equal(got, lines) {
		r.t.Errorf("delivered %q, want %q", got, lines)
	}
}

func (r *rig) dropped(reason string) (n uint64) {
	for _, c := range r.Status().Dropped[reason] {
		n += c
	}
	return n
}

// sleep lets time pass, and whatever is due then happen.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func mustDecode(raw []byte) *record.View {
	var v record.View
	if err := v.Decode(raw); err != nil {
		panic(err)
	}
	return &v
}

// tries is the number of deliveries that were tried.
func (r *rig) tries() int {
	r.driver.mu.Lock()
	defer r.driver.mu.Unlock()
	return len(r.driver.attempts)
}
