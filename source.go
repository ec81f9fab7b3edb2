package hydra

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/journal"
	"github.com/hydra-logger/hydra/record"
)

// source is one destination's place in the journals: first those of dead
// processes that were adopted, one after the other, then our own. It connects
// package destination, which knows records, to package journal, which knows bytes.
type source struct {
	e       *engine
	owner   atomic.Pointer[dest] // another one after a reload that changed it
	parts   []*part
	current atomic.Int32 // parts before it are done; moved by the worker alone
	buf     []journal.Entry
	lent    uint64 // end of the last record that was handed out of the current part

	countOnce sync.Once
	counted   chan struct{} // the records of earlier runs are counted
	adopted   bandCounts
}

// part is a reader of one journal.
type part struct {
	j      *journal.Journal
	id     [16]byte
	reader *journal.Reader
}

func newSource(e *engine, d *dest) (*source, error) {
	s := &source{e: e, counted: make(chan struct{})}
	s.owner.Store(d)
	for _, j := range e.journals() {
		r, err := j.NewReader(journal.ReaderOptions{Name: d.cfg.Name, Hash: d.hash(), Urgent: urgentPriority, FromTail: d.fresh})
		if err != nil {
			return nil, err
		}
		s.parts = append(s.parts, &part{j: j, id: j.ID(), reader: r})
	}
	return s, nil
}

// journals are all that the engine reads, in the order in which they are delivered.
func (e *engine) journals() []*journal.Journal {
	return append(slices.Clone(e.journal.Adopted()), e.journal)
}

// setRoutes tells the readers which records are this destination's. Tags are
// known for records of this run; others are routed by the layer that they name.
func (s *source) setRoutes(layers int) {
	const never = 255
	filter := make([]uint8, layers*bandCount)
	for i := range filter {
		filter[i] = never
		if band(i%bandCount) >= s.owner.Load().from(i/bandCount) {
			filter[i] = 0
		}
	}
	for _, p := range s.parts {
		p.reader.SetFilter(filter)
		p.reader.SetAccept(s.accept)
	}
}

// accept routes a record of an earlier run, whose tag is of another table.
func (s *source) accept(payload []byte, _ uint8) bool {
	var v record.View
	if v.Decode(payload) != nil {
		return true // the worker counts what can't be decoded
	}
	d := s.owner.Load()
	if d.fresh {
		return false // it was not there when the record was accepted
	}
	return d.wants(s.e.layerFor(v.Layer), bandOf(v.Level))
}

// live is the reader of our own journal.
func (s *source) live() *journal.Reader { return s.parts[len(s.parts)-1].reader }

func (s *source) part() *part { return s.parts[s.current.Load()] }

// Next implements destination.Source.
func (s *source) Next(dst []destination.Entry, maxBytes int) (int, error) {
	s.countOnce.Do(s.countAdopted)
	if cap(s.buf) < len(dst) {
		s.buf = make([]journal.Entry, len(dst))
	}
	for {
		p := s.part()
		n, err := p.reader.Next(s.buf[:len(dst)], maxBytes)
		for i := range s.buf[:n] {
			en := &s.buf[i]
			dst[i] = destination.Entry{
				Journal: p.id, Position: en.Position, End: en.End,
				Priority: en.Priority, Recovered: en.Recovered, Payload: en.Payload,
			}
		}
		last := int(s.current.Load()) == len(s.parts)-1
		if n > 0 {
			s.lent = dst[n-1].End
		}
		if n > 0 || last || p.reader.Acked() < s.lent || err != nil && !errors.Is(err, journal.ErrClosed) {
			return n, err
		}
		s.leave(p)
	}
}

// leave goes on to the next journal, when all of this one is acknowledged: a dead process's gets no new records. The destination
// that is the last to be done with it removes it.
func (s *source) leave(p *part) {
	p.reader.Release()
	s.current.Add(1)
	s.lent = 0
	if !p.j.Drained() {
		return
	}
	if err := p.j.Close(); err != nil {
		s.e.notes.write(Event{Text: "a dead process's journal could not be removed", Err: err})
	}
}

// countAdopted counts what earlier runs left, once, before anything of it is delivered.
func (s *source) countAdopted() {
	for _, p := range s.parts {
		p.reader.PendingRecovered(func(priority uint8, n uint64) { s.adopted.add(bandOfPriority(priority), n) })
	}
	close(s.counted)
}

// adoptedCounts are the records that earlier runs left for this destination.
func (s *source) adoptedCounts() health.Counts { return s.adoptedWithin(countWait) }

// adoptedWithin is adoptedCounts as far as they are counted within d.
func (s *source) adoptedWithin(d time.Duration) health.Counts {
	select {
	case <-s.counted:
	case <-time.After(d):
	}
	return s.adopted.report()
}

// countWait is the longest that a health report waits for the count of what was left.
const countWait = 5 * time.Second

// Release implements destination.Source.
func (s *source) Release() { s.part().reader.Release() }

// Wait implements destination.Source.
func (s *source) Wait(ctx context.Context, urgentOnly bool, d time.Duration) {
	s.part().reader.Wait(ctx, urgentOnly, d)
}

// Kick implements destination.Source.
func (s *source) Kick() { s.part().reader.Kick() }

// Pressed implements destination.Pressing.
func (s *source) Pressed() bool {
	r := s.live()
	return s.part().reader == r && r.Pressed()
}

// Reached implements destination.Source.
func (s *source) Reached(m destination.Mark) bool {
	at := int(s.current.Load())
	for i, p := range s.parts {
		if p.id == m.Journal {
			return i < at || i == at && p.reader.Acked() >= m.End
		}
	}
	return false
}

// Intent implements destination.Source.
func (s *source) Intent(end destination.Mark, intent []byte) error {
	return s.partOf(end).reader.Intent(end.End, intent)
}

// PendingIntent implements destination.Source.
func (s *source) PendingIntent() (destination.Mark, []byte) {
	for _, p := range s.parts {
		if end, intent := p.reader.PendingIntent(); intent != nil {
			return destination.Mark{Journal: p.id, End: end}, intent
		}
	}
	return destination.Mark{}, nil
}

// Ack implements destination.Source.
func (s *source) Ack(end destination.Mark) error {
	p := s.partOf(end)
	if p == nil {
		return errors.New("hydra: acknowledged a place in a journal that is not open")
	}
	return p.reader.Ack(end.End)
}

func (s *source) partOf(m destination.Mark) *part {
	for _, p := range s.parts {
		if p.id == m.Journal {
			return p
		}
	}
	return nil
}

func (s *source) owns(r *journal.Reader) bool {
	for _, p := range s.parts {
		if p.reader == r {
			return true
		}
	}
	return false
}

// Pending implements destination.Source.
func (s *source) Pending() (records uint64, bytes int64, oldest time.Time) {
	for _, p := range s.parts[s.current.Load():] {
		n, b, t := p.reader.Pending()
		records += n
		bytes += b
		if t > 0 && oldest.IsZero() {
			oldest = time.Unix(0, t)
		}
	}
	return records, bytes, oldest
}

// countLost counts all that is pending as dropped: at the end of a journal in memory.
func (s *source) countLost(reason string) {
	for _, p := range s.parts {
		p.reader.PendingByPriority(func(priority uint8, n uint64) { s.owner.Load().drops.add(reason, bandOfPriority(priority), n) })
	}
}

// rewind makes the next worker begin behind what the last one has acknowledged.
func (s *source) rewind() {
	s.lent = 0
	for _, p := range s.parts[s.current.Load():] {
		p.reader.Release()
		p.reader.Rewind()
	}
}

// close ends the readers of a destination that is gone.
func (s *source) close() error {
	var errs []error
	own := len(s.parts) - 1
	for i, p := range s.parts {
		errs = append(errs, p.reader.Close())
		if i < own && i >= int(s.current.Load()) && p.j.Drained() {
			errs = append(errs, p.j.Close())
		}
	}
	return errors.Join(errs...)
}
