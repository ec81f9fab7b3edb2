package hydra

import (
	"fmt"
	"path/filepath"

	"github.com/hydra-logger/hydra/journal"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/keepback"
	"github.com/hydra-logger/hydra/record"
)

// keptStore is where records that a processor holds back survive the process: a journal of their own in the state
// directory. It is bounded, its cursor follows what is held, and a release is a record in it with
// the id of the flow. A Close leaves nothing behind; a start that finds records knows that the last run
// ended without one, and which of them it had not written yet.
type keptStore struct {
	e      *engine
	j      *journal.Journal
	r      *journal.Reader
	old    []*journal.Reader // of dead processes' journals, until settled
	enc    record.Encoder
	seen   uint64 // the place that was forgotten last
	failed bool
}

const (
	keptDir     = "kept"
	keptReader  = "kept"
	keptRecord  = 0 // tags
	keptRelease = 1
	// keptStep is how much is forgotten before the cursor's file is written.
	keptStep = 128 << 10
)

// openKept opens the store for at most bytes of records, and returns what the last run held.
func (e *engine) openKept(bytes int) (*keptStore, [][]byte, error) {
	s := &keptStore{e: e}
	dir := filepath.Join(e.stateDir, keptDir)
	j, err := journal.Open(dir, journal.Options{
		Program: programName(), Name: e.name, Destinations: map[string]uint64{keptReader: 0},
		Quota: max(4*int64(bytes), 4<<20), MaxSegment: 1 << 20, MappedLimit: e.plan().Journal.MappedLimit,
		OnFull: s.makeRoom, OnEvent: e.onJournalEvent,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("records that are kept back: journal in %s: %w", dir, err)
	}
	s.j = j
	left, err := s.recover()
	if err != nil {
		_ = j.Close()
		return nil, nil, fmt.Errorf("records that are kept back: %s: %w", dir, err)
	}
	return s, left, nil
}

// recover reads what earlier runs held and had not released.
func (s *keptStore) recover() ([][]byte, error) {
	var left [][]byte
	for _, j := range append(s.j.Adopted(), s.j) {
		r, err := j.NewReader(journal.ReaderOptions{Name: keptReader, FromOldest: true})
		if err != nil {
			return nil, err
		}
		got, err := readKept(r)
		if err != nil && j != s.j {
			continue
		}
		if err != nil {
			return nil, err
		}
		left = append(left, got...)
		if j == s.j {
			s.r = r
		} else {
			s.old = append(s.old, r)
		}
	}
	return left, nil
}

// readKept returns the records of a journal of which no release follows.
func readKept(r *journal.Reader) ([][]byte, error) {
	type kept struct {
		id      string
		payload []byte
	}
	var all []kept
	releasedAt := map[string]int{} // flow → number of records before its last release
	buf := make([]journal.Entry, 256)
	for {
		n, err := r.Next(buf, 1<<20)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			break
		}
		for i := range buf[:n] {
			var v record.View
			payload := append([]byte(nil), buf[i].Payload...)
			if v.Decode(payload) != nil {
				continue
			}
			if buf[i].Tag == keptRelease {
				releasedAt[v.IDs.CorrelationID] = len(all)
				continue
			}
			all = append(all, kept{v.IDs.CorrelationID, payload})
		}
		r.Release()
	}
	var left [][]byte
	for i, k := range all {
		if i >= releasedAt[k.id] {
			left = append(left, k.payload)
		}
	}
	return left, nil
}

// settle forgets what was recovered, once that is accepted.
func (s *keptStore) settle() {
	for _, r := range s.old {
		_ = r.Ack(r.Journal().Tail()) // what stays is found again by the next start
		if r.Journal().Drained() {
			_ = r.Journal().Close()
		}
	}
	s.old = nil
	_ = s.r.Ack(s.j.Tail()) // the next Ack writes it again
}

// Keep implements keepback.Store.
func (s *keptStore) Keep(payload []byte) uint64 {
	end, err := s.j.Append(payload, keptRecord, 0)
	if err != nil {
		s.fail(err)
		return s.seen
	}
	return end
}

// Release implements keepback.Store.
func (s *keptStore) Release(correlationID string) {
	h := record.Header{Time: s.e.clock.now(), Level: LevelDebug, IDs: &record.IDs{CorrelationID: correlationID}}
	if _, err := s.j.Append(s.enc.Encode(&h, nil, nil), keptRelease, 0); err != nil {
		s.fail(err)
	}
}

// Forget implements keepback.Store.
func (s *keptStore) Forget(place uint64) {
	if place < s.seen+keptStep {
		return
	}
	s.seen = place
	if err := s.r.Ack(place); err != nil {
		s.fail(err)
	}
}

// fail tells the outside, once: what is held is then held in memory alone.
func (s *keptStore) fail(err error) {
	if !s.failed {
		s.failed = true
		s.e.notes.write(Event{Text: "records that are kept back do not survive the process", Err: err})
	}
}

// makeRoom gives the oldest segment up.
func (s *keptStore) makeRoom(ev journal.FullEvent) journal.FullAction {
	for _, r := range ev.Pinning {
		if r.DropOldestSegment(nil) {
			return journal.FullRetry
		}
	}
	return journal.FullWait
}

// close leaves nothing behind when the run has ended well.
func (s *keptStore) close(done bool) error {
	s.j.Seal()
	if done {
		_ = s.r.Ack(s.j.Tail()) // Close persists it
	}
	return s.j.Close()
}

// newKeeper makes the processor that keeps records back, with a store where there is a state directory.
func (e *engine) newKeeper(o keepback.Options, where string) (processor.Processor, error) {
	if o.MaxBytes <= 0 {
		o.MaxBytes = keepback.DefaultBytes
	}
	if e.journal == nil || e.stateDir == "" {
		e.warnings = append(e.warnings, where+": there is no state directory: records that are kept back do not survive the process")
	} else {
		store, left, err := e.openKept(o.MaxBytes)
		if err != nil {
			return nil, err
		}
		o.Store, e.kept, e.keptBefore = store, store, left
	}
	k, err := keepback.New(o)
	if err != nil {
		return nil, err
	}
	e.keeper = k
	return k, nil
}

// recoverKept accepts what the last run held back when it ended without Close: it is what its flows did before.
func (e *engine) recoverKept() {
	if e.kept == nil {
		return
	}
	if len(e.keptBefore) > 0 {
		e.keeper.Recover(e.keptBefore)
		e.keptBefore = nil
		e.emit(processor.Asked)
	}
	e.kept.settle()
}

// closeKept ends the store. done says that nothing of it is wanted any more.
func (e *engine) closeKept(done bool) {
	if e.kept == nil {
		return
	}
	if err := e.kept.close(done); err != nil {
		e.notes.write(Event{Text: "the journal of records that were kept back could not be closed", Err: err})
	}
}
