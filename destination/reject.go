package destination

import (
	"errors"
	"time"
)

// errTimeout is the cause of a delivery that took longer than it may.
var errTimeout = errors.New("the delivery took longer than its time limit")

// split delivers the halves of a batch that was rejected, so that the record that is at fault is alone in the end:
// after about 2·log2(n) deliveries for one of n records, which keep their order. It returns false
// when the worker was stopped before.
func (w *Worker) split(s *scratch, b *Batch, tries int, err error) bool {
	n := len(b.Items)
	if n == 1 {
		w.lose(s, &b.Items[0], DropRejected, tries, err)
		return true
	}
	for _, part := range [2]*Batch{cut(b, 0, n/2), cut(b, n/2, n)} {
		if !w.begin(s, part) {
			return false
		}
	}
	return true
}

// cut is the batch of the records from to before end. It shares the formatted bytes.
func cut(b *Batch, from, end int) *Batch {
	start := b.Items[from].Start
	out := &Batch{Data: b.Data[start:b.Items[end-1].End], Items: append([]Item(nil), b.Items[from:end]...)}
	for i := range out.Items {
		out.Items[i].Start -= start
		out.Items[i].End -= start
	}
	return out
}

// sound reports whether the answer of a driver is about records that are in the batch, each once.
func sound(b *Batch, items []ItemError) bool {
	seen := make(map[int]bool, len(items))
	for _, it := range items {
		if it.Index < 0 || it.Index >= len(b.Items) || seen[it.Index] {
			return false
		}
		seen[it.Index] = true
	}
	return true
}

// pick puts aside what was rejected of a batch that arrived in part, and returns what is to be tried again, nil if
// nothing is.
func (w *Worker) pick(s *scratch, b *Batch, items []ItemError, tries int) *Batch {
	again := make([]bool, len(b.Items))
	left := 0
	for _, it := range items {
		switch {
		case it.Err == nil:
		case OutcomeOf(it.Err).Kind == Rejected:
			w.lose(s, &b.Items[it.Index], DropRejected, tries, it.Err)
		default:
			again[it.Index] = true
			left++
		}
	}
	if left == 0 {
		return nil
	}
	if left == len(b.Items) {
		return b
	}
	out := &Batch{}
	for i := range b.Items {
		if again[i] {
			it := b.Items[i]
			start := len(out.Data)
			out.Data = append(out.Data, b.Data[it.Start:it.End]...)
			it.Start, it.End = start, len(out.Data)
			out.Items = append(out.Items, it)
		}
	}
	return out
}

// giveUp puts a batch aside that failed too often.
func (w *Worker) giveUp(s *scratch, b *Batch, tries int, err error) {
	for i := range b.Items {
		w.lose(s, &b.Items[i], DropGaveUp, tries, err)
	}
}

// Letter is a record that its destination did not take.
type Letter struct {
	Item          // its Start and End say nothing
	Cause  string // why the worker gave it up: DropRejected or DropGaveUp
	Reason string // the driver's words
	Tries  int
	Died   time.Time
}

// Buried says what became of letters.
type Buried struct {
	Known   int // of them were there already: an earlier run put them there and ended before its cursor moved
	Refused int // of them were too large to be kept, and are lost
}

// DeadLetters keeps the records that a destination did not take.
type DeadLetters interface {
	// Put keeps letters: when it returns nil they survive a loss of power. What they point to is valid until it
	// returns. After an error none or some of them are there, and Put is called again with all.
	Put(letters []Letter) (Buried, error)
}

// The reasons for which a record becomes a dead letter, or is dropped where no dead letters are kept.
const (
	DropRejected  = "rejected" // the target will never take it
	DropGaveUp    = "gave_up"  // it failed as often as the configuration allows
	DropDeadLarge = "too_large_for_dead_letters"
)

// lose puts a record aside.
func (w *Worker) lose(s *scratch, it *Item, cause string, tries int, err error) {
	if it.Journal == ([16]byte{}) {
		s.notices-- // a notice of ours, which is in no account
		s.lost++
		return
	}
	s.lost++
	if w.o.DeadLetters == nil {
		s.drops = append(s.drops, dropped{cause, it.priority})
		w.stats.failed(err)
		w.event("a record is dropped: the destination did not take it, and there is no place for dead letters", err)
		return
	}
	s.letters = append(s.letters, Letter{Item: *it, Cause: cause, Reason: err.Error(), Tries: tries, Died: time.Now()})
}

// bury keeps the dead letters of a batch before its cursor moves. It goes on trying: a full disk is no
// reason to lose them. It returns false when the worker was stopped before.
func (w *Worker) bury(s *scratch) bool {
	for failures := 0; len(s.letters) > 0; failures++ {
		done, err := w.putLetters(s.letters)
		if err == nil {
			w.buried(s, done)
			return true
		}
		w.stats.failed(err)
		if failures == 0 {
			w.event("dead letters can't be kept; the destination waits", err)
		}
		w.pause(max(w.backoff(failures), leastDelay))
		if w.ctx.Err() != nil {
			return false
		}
	}
	return true
}

func (w *Worker) putLetters(letters []Letter) (done Buried, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicError("the store of dead letters", v)
		}
	}()
	return w.o.DeadLetters.Put(letters)
}

func (w *Worker) buried(s *scratch, done Buried) {
	first := s.letters[0]
	s.dead += len(s.letters) - done.Refused
	s.repeated += done.Known
	for range done.Refused {
		s.drops = append(s.drops, dropped{DropDeadLarge, first.priority})
	}
	w.event("records became dead letters", errors.New(first.Reason))
	clear(s.letters)
	s.letters = s.letters[:0]
}
