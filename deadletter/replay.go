package deadletter

import (
	"context"
	"sync"
	"time"

	"github.com/hydra-logger/hydra/destination"
)

// Replay is dead letters on their way to their destination, once more: the source of a
// [destination.Worker]. A letter is removed from its store when it was delivered. One that is rejected again
// stays, which is why the worker's DeadLetters must be the replay too.
type Replay struct {
	store *Store

	mu        sync.Mutex
	letters   []Letter
	next      int // to be handed out
	acked     int // done with
	again     map[int]string
	delivered uint64
}

var (
	_ destination.Source      = (*Replay)(nil)
	_ destination.DeadLetters = (*Replay)(nil)
)

// NewReplay reads the letters for which want returns true; nil: all. Letters that come later are not part of it.
func (s *Store) NewReplay(want func(l *Letter) bool) (*Replay, error) {
	r := &Replay{store: s, again: map[int]string{}}
	seen := map[ID]bool{} // a record that is there twice is delivered once
	err := s.All(func(l Letter) bool {
		if id := IDOf(&l); !seen[id] && (want == nil || want(&l)) {
			seen[id] = true
			r.letters = append(r.letters, l)
		}
		return true
	})
	if len(r.letters) > 0 {
		err = nil // what can be read is delivered; the rest stays where it is
	}
	return r, err
}

// Len is the number of letters.
func (r *Replay) Len() int { return len(r.letters) }

// Result says what became of the letters so far. failed are the reasons why some stay, by the letter's id.
func (r *Replay) Result() (delivered uint64, failed map[ID]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	failed = map[ID]string{}
	for i, reason := range r.again {
		failed[IDOf(&r.letters[i])] = reason
	}
	return r.delivered, failed
}

// Next implements destination.Source.
func (r *Replay) Next(dst []destination.Entry, maxBytes int) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for size := 0; n < len(dst) && r.next < len(r.letters); n++ {
		l := &r.letters[r.next]
		if n > 0 && (size+len(l.Raw) > maxBytes || l.Journal != dst[0].Journal) {
			break
		}
		size += len(l.Raw)
		r.next++
		dst[n] = destination.Entry{Journal: l.Journal, Position: l.Position, End: uint64(r.next),
			Priority: uint8(min(max(l.Level+128, 0), 255)), Recovered: true, Payload: l.Raw}
	}
	return n, nil
}

// Release implements destination.Source.
func (r *Replay) Release() {}

// Wait implements destination.Source. Nothing comes.
func (r *Replay) Wait(ctx context.Context, _ bool, d time.Duration) {
	var timer <-chan time.Time
	if d >= 0 {
		t := time.NewTimer(min(d, time.Millisecond))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-timer:
	case <-ctx.Done():
	}
}

// Intent implements destination.Source. A replay that is killed begins anew.
func (r *Replay) Intent(destination.Mark, []byte) error { return nil }

// PendingIntent implements destination.Source.
func (r *Replay) PendingIntent() (destination.Mark, []byte) { return destination.Mark{}, nil }

// Ack implements destination.Source: what was delivered is removed from the store.
func (r *Replay) Ack(end destination.Mark) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	gone := map[ID]bool{}
	for ; r.acked < int(end.End) && r.acked < len(r.letters); r.acked++ {
		if _, again := r.again[r.acked]; !again {
			gone[IDOf(&r.letters[r.acked])] = true
			r.delivered++
		}
	}
	return r.store.Remove(gone)
}

// Put implements destination.DeadLetters: the letters were not taken this time either.
func (r *Replay) Put(letters []Letter) (destination.Buried, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range letters {
		for at := r.acked; at < r.next; at++ {
			if IDOf(&r.letters[at]) == IDOf(&letters[i]) {
				r.again[at] = letters[i].Reason
			}
		}
	}
	return destination.Buried{}, nil
}

// Reached implements destination.Source.
func (r *Replay) Reached(m destination.Mark) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.acked >= int(m.End)
}

// Kick implements destination.Source.
func (r *Replay) Kick() {}

// Pending implements destination.Source.
func (r *Replay) Pending() (records uint64, bytes int64, oldest time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.letters[r.acked:] {
		records++
		bytes += int64(len(l.Raw))
		if oldest.IsZero() {
			oldest = time.Unix(0, l.Time)
		}
	}
	return records, bytes, oldest
}
