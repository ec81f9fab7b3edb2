package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// syncState is what is known to be on the device.
type syncState struct {
	mu      sync.Mutex
	leader  bool          // somebody is syncing
	done    chan struct{} // closed when that one is ready
	durable uint64        // everything before it is on the device
	last    time.Time     // when the last round began
	rounds  uint64
	failed  uint64
	named   bool // JOURNAL is on the device; of who leads
}

// waitDurable returns when everything before end is on the device. One caller syncs for all that came before it
// began; those who come later wait for the next one.
func (j *Journal) waitDurable(ctx context.Context, end uint64) error {
	if j.backend == BackendMemory {
		return nil
	}
	st := &j.sync
	for {
		st.mu.Lock()
		if st.durable >= end {
			st.mu.Unlock()
			return nil
		}
		if st.leader {
			ch := st.done
			st.mu.Unlock()
			select {
			case <-ch:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		st.leader, st.done = true, make(chan struct{})
		st.mu.Unlock()
		durable, err := j.syncRound()
		st.mu.Lock()
		st.leader = false
		st.durable = max(st.durable, durable)
		close(st.done)
		st.mu.Unlock()
		if err != nil {
			return fmt.Errorf("journal: sync: %w", err)
		}
		if durable < end { // a record before it is being copied just now
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Millisecond):
			}
		}
	}
}

// syncRound makes durable what is complete now. It returns the position up to which everything is.
func (j *Journal) syncRound() (uint64, error) {
	for {
		failed, durable, err := j.syncOnce()
		if err == nil || failed == nil {
			return durable, err
		}
		if err := j.rescue(failed, err); err != nil {
			return durable, err
		}
	}
}

// syncOnce syncs every segment that is not durable yet, oldest first.
func (j *Journal) syncOnce() (failed *segment, durable uint64, err error) {
	j.sync.mu.Lock()
	j.sync.rounds++
	j.sync.last = time.Now()
	durable = j.sync.durable
	j.sync.mu.Unlock()
	if err := j.syncIdentity(); err != nil {
		return nil, durable, err
	}
	tail := j.Tail() // what lies before it is in the list, or freed
	for _, s := range j.unsynced() {
		upTo, err := s.syncFile()
		if err != nil {
			return s, durable, err
		}
		durable = s.base + upTo
		if e := s.ended.Load(); e == 0 || upTo < e {
			return nil, durable, nil // the active one, or one with a record that is being copied just now
		}
	}
	return nil, max(durable, tail), nil
}

// syncIdentity makes JOURNAL durable before the first record is: without it that would come back under another id, and the cursors
// would not be known for its.
func (j *Journal) syncIdentity() error {
	if j.sync.named {
		return nil
	}
	f, err := j.fs.OpenFile(filepath.Join(j.dir, journalFileName), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := j.fs.SyncDir(j.dir); err != nil {
		return err
	}
	j.sync.named = true
	return nil
}

// unsynced lists the segments of this run that hold something that is not durable.
func (j *Journal) unsynced() []*segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []*segment
	for _, s := range j.segs {
		s.mu.Lock()
		need := !s.recovered && !s.rescued && s.backing.file != nil && (s.durable < s.claimed() || s.ended.Load() == 0)
		s.mu.Unlock()
		if need {
			out = append(out, s)
		}
	}
	return out
}

// syncFile makes the complete records of s durable, and says up to which offset.
func (s *segment) syncFile() (uint64, error) {
	if err := s.failure(); err != nil {
		return 0, err // once failed, a later nil says nothing
	}
	upTo := s.completeTo()
	if !s.use() {
		return upTo, nil // freed meanwhile: it was acknowledged
	}
	defer s.j.nudge() // it could not be freed meanwhile
	defer s.unuse()
	if err := s.backing.file.Sync(); err != nil {
		s.fail(err)
		return 0, err
	}
	if err := s.j.syncName(s.backing); err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.durable = max(s.durable, upTo)
	s.hintGen++
	hint := hintBlock{generation: s.hintGen, offset: s.durable}
	s.mu.Unlock()
	at := offHintA
	if hint.generation%2 == 0 {
		at = offHintB
	}
	return upTo, s.writePage(at, hint.encode)
}

// completeTo is the offset up to which every record of s is complete.
func (s *segment) completeTo() uint64 {
	if s.complete.Load() {
		return s.claimed()
	}
	end := s.claimed()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.pin() {
		return s.checked
	}
	defer s.unpin()
	if err := s.access(func() { s.check(end) }); err != nil {
		return s.checked
	}
	return s.checked
}

// syncIfDue starts the round of the interval, beside the maintenance goroutine: a slow device must not keep it from rotating.
func (j *Journal) syncIfDue() {
	if j.opts.Durability != DurabilityInterval || j.untilSync() > 0 || !j.dirty() {
		return
	}
	j.sync.mu.Lock()
	busy := j.sync.leader
	if !busy {
		j.sync.last = time.Now()
	}
	j.sync.mu.Unlock()
	if busy {
		return
	}
	j.background.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), max(j.opts.Interval, time.Second))
		defer cancel()
		if err := j.waitDurable(ctx, j.Tail()); err != nil && ctx.Err() == nil {
			j.emit(Event{Kind: EventSyncFailed, Err: err, Text: "records are not on the device"})
		}
		j.syncCursors()
		j.nudge()
	})
}

// dirty says whether something is not durable yet. Where nothing is, the next record wakes maintenance.
func (j *Journal) dirty() bool {
	if j.opts.Durability != DurabilityInterval {
		return false
	}
	if j.behind() {
		return true
	}
	j.register(&j.syncWaiter, 0)
	if !j.behind() {
		return false
	}
	j.unregister(&j.syncWaiter)
	return true
}

func (j *Journal) behind() bool {
	tail := j.Tail()
	j.sync.mu.Lock()
	defer j.sync.mu.Unlock()
	return j.sync.durable < tail
}

// untilSync is how long the next round may wait; 0 when it is due, or when there is nothing to do.
func (j *Journal) untilSync() time.Duration {
	if j.opts.Durability != DurabilityInterval || !j.behind() {
		return 0
	}
	j.sync.mu.Lock()
	defer j.sync.mu.Unlock()
	return max(0, j.opts.Interval-time.Since(j.sync.last))
}

// rescue accepts the records of a segment again that the device did not take, each with its first
// position. A failed sync is final: the kernel may have dropped the pages, and a second sync that says
// nil would say nothing. Readers of this run go on reading the old place, which is in memory.
func (j *Journal) rescue(s *segment, cause error) error {
	j.forceEnd(s)
	if !j.waitEnded(s) {
		return cause
	}
	for deadline := time.Now().Add(graceAfterFault); !s.settle(); {
		if time.Now().After(deadline) {
			return fmt.Errorf("%w; its records could not be written again: one is not complete", cause)
		}
		time.Sleep(time.Millisecond)
	}
	s.mu.Lock()
	from, done := max(s.durable, headerPage), s.rescued
	s.mu.Unlock()
	if done {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), rescueTime)
	defer cancel()
	records := 0
	var err error
	j.walk(s, from, func(it *item) bool {
		origin, owner, payload := s.base+it.off, uint64(0), it.payload
		if it.kind() == typeForward {
			origin, owner, payload = splitForward(payload)
		}
		records++
		_, err = j.appendForward(ctx, origin, owner, payload, it.tag(), it.priority())
		return err == nil
	})
	j.emit(Event{Kind: EventSyncFailed, File: s.backing.path, Pos: s.base + from, Err: cause,
		Text: fmt.Sprintf("the device did not take the segment; %d records were written again elsewhere", records)})
	if err != nil {
		return fmt.Errorf("%w; its records could not be written again: %w", cause, err)
	}
	s.mu.Lock()
	s.rescued = true
	s.mu.Unlock()
	j.sync.mu.Lock()
	j.sync.failed++
	j.sync.mu.Unlock()
	return nil
}

// rescueTime bounds how long the records of one segment wait for room elsewhere.
const rescueTime = 5 * time.Second
