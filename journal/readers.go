package journal

import (
	"errors"
	"fmt"
	"slices"
)

// cursorStore keeps a reader's place over the end of the process. Calls are serialised by the reader.
type cursorStore interface {
	store(acked uint64) error
	sync() error
	intent(end uint64, state []byte) error
	pendingIntent() (end uint64, state []byte)
	close(remove bool) error
}

// NewReader makes the reader of one destination. One reader a name can be open at a time.
func (j *Journal) NewReader(o ReaderOptions) (*Reader, error) {
	if o.Name == "" {
		return nil, errors.New("journal: a reader needs the name of its destination")
	}
	r := &Reader{j: j, name: o.Name, hash: o.Hash, urgent: o.Urgent}
	j.mu.Lock()
	for _, other := range j.readers {
		if other.name == o.Name {
			j.mu.Unlock()
			return nil, fmt.Errorf("journal: destination %q has a reader already", o.Name)
		}
	}
	if j.closing {
		j.mu.Unlock()
		return nil, ErrClosed
	}
	j.mu.Unlock()
	start, err := j.openCursor(r, o)
	if err != nil {
		return nil, err
	}
	r.pos, r.out = start, start
	r.acked.Store(start)
	r.stored.Store(start)
	j.addWaiter(&r.waiter)
	j.mu.Lock()
	j.readers = append(j.readers, r)
	delete(j.expected, o.Name)
	j.mu.Unlock()
	j.nudge()
	return r, nil
}

// oldest is the position of the oldest record that is kept.
func (j *Journal) oldest() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.segs) == 0 {
		return j.first
	}
	return j.segs[0].base + headerPage
}

// Ack moves the cursor: everything before end is done with. The error says that the cursor's file could not
// be written; the cursor moved nevertheless, and the next Ack writes it again.
func (r *Reader) Ack(end uint64) error {
	old := r.acked.Load()
	if end > old {
		r.acked.Store(end)
	}
	err := r.persist()
	r.j.ackMoved(old, end)
	r.j.helpOut()
	return err
}

// persist writes the cursor's file if it is behind.
func (r *Reader) persist() error {
	r.storeMu.Lock()
	defer r.storeMu.Unlock()
	acked := r.acked.Load()
	if acked == r.stored.Load() {
		return nil
	}
	if r.cursor != nil {
		if err := r.cursor.store(acked); err != nil {
			return fmt.Errorf("journal: cursor of destination %q: %w", r.name, err)
		}
	}
	r.stored.Store(acked)
	return nil
}

// Intent stores what is about to be done with the records before end, together with the cursor.
func (r *Reader) Intent(end uint64, state []byte) error {
	r.storeMu.Lock()
	defer r.storeMu.Unlock()
	if r.cursor == nil {
		return nil
	}
	return r.cursor.intent(end, state)
}

// PendingIntent returns the intent that an earlier run stored and never acknowledged.
func (r *Reader) PendingIntent() (end uint64, state []byte) {
	r.storeMu.Lock()
	defer r.storeMu.Unlock()
	if r.cursor == nil {
		return 0, nil
	}
	return r.cursor.pendingIntent()
}

// Acked is the cursor: everything before it is done with.
func (r *Reader) Acked() uint64 { return r.acked.Load() }

// ackMoved asks the maintenance goroutine to look when a segment may have become free.
func (j *Journal) ackMoved(from, to uint64) {
	if j.wantDrained.Load() || from < j.active.Load().base && to > from && j.freedBy(from, to) {
		j.nudge()
	}
}

// freedBy says whether a segment ends between the two places.
func (j *Journal) freedBy(from, to uint64) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.segs {
		if end := s.base + s.ended.Load(); end > from && end <= to && s.ended.Load() != 0 {
			return true
		}
	}
	return false
}

// persistCursors writes the cursors that have passed the oldest segment and are not written yet.
func (j *Journal) persistCursors() {
	j.mu.Lock()
	readers := append([]*Reader(nil), j.readers...)
	end := ^uint64(0)
	if len(j.segs) > 0 && j.segs[0].ended.Load() != 0 {
		end = j.segs[0].base + j.segs[0].ended.Load()
	}
	j.mu.Unlock()
	for _, r := range readers {
		if r.acked.Load() >= end && r.stored.Load() < r.acked.Load() {
			_ = r.persist() // Ack reports it; the segment stays until it works
		}
	}
}

// syncCursors makes the cursors durable, as far as they are written.
func (j *Journal) syncCursors() {
	j.mu.Lock()
	readers := append([]*Reader(nil), j.readers...)
	j.mu.Unlock()
	for _, r := range readers {
		r.storeMu.Lock()
		if r.cursor != nil {
			_ = r.cursor.sync()
		}
		r.storeMu.Unlock()
	}
}

// Rewind makes Next begin again behind the last acknowledged record. What was handed out and not released stays valid.
func (r *Reader) Rewind() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pos, r.out, r.seg = r.acked.Load(), r.acked.Load(), nil
}

// Close ends a reader whose destination is not wanted any more, and removes its cursor: nothing is kept for it from now on.
func (r *Reader) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.Kick()
	j := r.j
	j.mu.Lock()
	j.readers = slices.DeleteFunc(slices.Clone(j.readers), func(other *Reader) bool { return other == r })
	j.mu.Unlock()
	j.wakeMu.Lock()
	j.waiting = slices.DeleteFunc(slices.Clone(j.waiting), func(w *waiter) bool { return w == &r.waiter })
	j.wakeMu.Unlock()
	r.storeMu.Lock()
	defer r.storeMu.Unlock()
	var err error
	if r.cursor != nil {
		err = r.cursor.close(true)
		r.cursor = nil
	}
	j.nudge()
	return err
}
