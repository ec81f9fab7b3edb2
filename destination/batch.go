package destination

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// The reasons for which a worker itself drops a record, as the ledger names them.
const (
	DropUndecodable = "undecodable"     // its bytes are damaged, or of a later version
	DropFormatPanic = "formatter_panic" // the formatter can't cope with it
)

// scratch is the memory of a worker that works: what it has read, and the batch that it makes of it.
type scratch struct {
	entries []Entry
	short   bool // entries was too small for what there was to read
	batch   Batch
	keep    int  // the largest buffer that is kept for the next batch
	end     Mark // behind the last record that was taken
	since   time.Time
	urgent  bool

	notices  int // items that are not the journal's
	drops    []dropped
	made     []byte // records as processors of the destination left them
	arrived  int    // records that an earlier run had delivered
	repeated int    // records that an earlier run may have delivered

	// Of its delivery.
	began    time.Time // the last try
	letters  []Letter  // to be kept before the cursor moves
	lost     int       // items that did not arrive: dead letters, drops, notices
	dead     int       // dead letters that are kept
	fellBack int       // records that the fallback took
	raw      []byte    // copies of the records, where several batches are under way
}

type dropped struct {
	reason   string
	priority uint8
}

var scratches = sync.Pool{New: func() any { return &scratch{entries: make([]Entry, firstEntries)} }}

// firstEntries is the number of records that a worker reads at once in the beginning.
const firstEntries = 64

func (w *Worker) scratch() *scratch {
	if w.work == nil {
		w.work, w.spare = w.spare, nil
	}
	if w.work == nil {
		w.work = scratches.Get().(*scratch)
		w.work.keep = max(keepBytes, 2*w.o.MaxBytes)
	}
	return w.work
}

// giveBack returns the memory, without what it refers to.
func (s *scratch) giveBack() {
	clear(s.entries)
	clear(s.batch.Items[:cap(s.batch.Items)])
	s.keep = keepBytes
	s.reset()
	scratches.Put(s)
}

// keepBytes is the largest buffer that is kept while batches need no larger one: one huge record should not cost memory for ever.
const keepBytes = 1 << 20

func (s *scratch) reset() {
	if cap(s.batch.Data) > s.keep {
		s.batch.Data = nil
	}
	s.batch.Data, s.batch.Items, s.batch.Attempt = s.batch.Data[:0], s.batch.Items[:0], 0
	if cap(s.raw) > s.keep {
		s.raw = nil
	}
	s.raw, s.lost, s.dead, s.fellBack = s.raw[:0], 0, 0, 0
	clear(s.letters)
	s.letters = s.letters[:0]
	s.end, s.urgent, s.notices, s.arrived, s.repeated = Mark{}, false, 0, 0, 0
	s.drops = s.drops[:0]
	if cap(s.made) > s.keep {
		s.made = nil
	}
	s.made = s.made[:0]
}

// taken is the number of records that the batch accounts for.
func (s *scratch) taken() int {
	return len(s.batch.Items) - s.notices + len(s.drops) + s.arrived
}

// format adds entries to the batch.
func (w *Worker) format(entries []Entry) {
	s := w.work
	if s.taken() == 0 {
		s.since = time.Now()
		w.addNotice()
	}
	last := &entries[len(entries)-1]
	s.end = Mark{Journal: last.Journal, End: last.End}
	if len(w.past) > 0 {
		w.formatPast(entries)
		return
	}
	w.formatAll(entries)
}

func (w *Worker) formatAll(entries []Entry) {
	if parts := w.parts(len(entries)); parts > 1 {
		w.formatParts(entries, parts)
		return
	}
	w.formatHere(entries)
}

// formatHere formats entries in the worker's own goroutine.
func (w *Worker) formatHere(entries []Entry) {
	for len(entries) > 0 {
		n, err := w.work.formatRun(w.formatter, w.chain, &w.view, entries)
		entries = entries[n:]
		if err != nil {
			w.dropped(err)
		}
	}
}

// formatRun formats entries until the end, or until one has to be dropped; it returns how many it has dealt
// with. One guard for the run instead of one for each record: that costs less.
func (s *scratch) formatRun(f format.Formatter, c Chain, v *record.View, entries []Entry) (done int, err error) {
	b := &s.batch
	start := len(b.Data)
	defer func() {
		if v := recover(); v != nil {
			b.Data = b.Data[:start]
			s.drops = append(s.drops, dropped{DropFormatPanic, entries[done].Priority})
			done, err = done+1, &formatterPanic{v}
		}
	}()
	for done < len(entries) {
		e := &entries[done]
		start = len(b.Data)
		if err := v.Decode(e.Payload); err != nil {
			s.drops = append(s.drops, dropped{DropUndecodable, e.Priority})
			return done + 1, err
		}
		v.Journal, v.Position, v.Recovered = e.Journal, e.Position, e.Recovered
		shown, raw := v, e.Payload
		if c != nil {
			var reason string
			if shown, raw, reason = s.process(c, v, raw); reason != "" {
				s.drops = append(s.drops, dropped{reason, e.Priority})
				done++
				continue
			}
		}
		b.Data = f.Append(b.Data, shown)
		b.Items = append(b.Items, Item{Start: start, End: len(b.Data), Raw: raw, Time: v.Time,
			Level: v.Level, Journal: e.Journal, Position: e.Position, Recovered: e.Recovered, priority: e.Priority})
		s.urgent = s.urgent || v.Level >= slog.LevelError
		done++
	}
	return done, nil
}

type formatterPanic struct{ value any }

func (p *formatterPanic) Error() string { return fmt.Sprintf("panic in the formatter: %v", p.value) }

// dropped reports a record that could not be formatted. A formatter that panicked is replaced: its state may be broken.
func (w *Worker) dropped(err error) {
	w.reportDropped(err)
	if isPanic(err) {
		defer func() { _ = recover() }()
		w.formatter = w.o.NewFormatter()
	}
}

func (w *Worker) reportDropped(err error) {
	w.stats.failed(err)
	w.event("a record can't be formatted and is dropped", err)
}

// addNotice puts a record of ours before the batch.
func (w *Worker) addNotice() {
	if w.o.Notice == nil || w.breaker.down.Load() { // it is told when the destination is back
		return
	}
	payload := w.o.Notice()
	if payload == nil {
		return
	}
	b := &w.work.batch
	defer func() {
		if v := recover(); v != nil {
			b.Data = b.Data[:0] // a formatter that can't cope with a notice does without
			w.dropped(&formatterPanic{v})
		}
	}()
	v := &w.view
	if v.Decode(payload) != nil {
		return
	}
	v.Journal, v.Position, v.Recovered = [16]byte{}, 0, false
	b.Data = w.formatter.Append(b.Data, v)
	b.Items = append(b.Items, Item{End: len(b.Data), Raw: payload, Time: v.Time, Level: v.Level})
	w.work.notices = 1
}
