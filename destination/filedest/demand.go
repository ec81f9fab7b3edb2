package filedest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"time"
)

// timerEvery is how often a timed rotation looks at the clock, which may have been set.
const timerEvery = time.Minute

var (
	errNoRotation = errors.New("the file does not rotate: it has no rotation option")
	errBatch      = errors.New("a batch is in the file in part: it is rotated when that is completed")
)

// Rotate implements destination.Rotator: it puts the file away now, if there is anything in it. It waits for a write that is
// running as long as ctx allows.
func (d *Driver) Rotate(ctx context.Context) error {
	if d.rot == nil {
		return errNoRotation
	}
	return d.rotate(ctx, nil)
}

func (d *Driver) rotate(ctx context.Context, stop <-chan struct{}) error {
	for !d.mu.TryLock() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-stop:
			return errClosed
		case <-time.After(lockPoll):
		}
	}
	defer d.mu.Unlock()
	if d.closed {
		return errClosed
	}
	d.rot.wanted = true
	d.rot.retryAt = time.Time{}
	err := d.rotateNowAndThen(ctx)
	if err != nil {
		d.rot.failed(err)
		d.arm()
		return err
	}
	if d.rot.wanted { // it could not be done
		d.arm()
		return d.Trouble()
	}
	return nil
}

// tick is called by the timer.
func (d *Driver) tick() {
	if !d.mu.TryLock() {
		d.rot.timer.Reset(lockPoll * 100) // a write is running, and looks by itself
		return
	}
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	if err := d.rotateNowAndThen(context.Background()); err != nil && !errors.Is(err, errBatch) {
		d.rot.failed(err)
	}
	d.arm()
}

// rotateNowAndThen does outside of deliveries what is due.
func (d *Driver) rotateNowAndThen(ctx context.Context) error {
	r := d.rot
	if d.part.written > 0 {
		return errBatch
	}
	if _, err := os.Stat(d.path); err != nil { // nothing to put away; writes say what is wrong
		r.wanted = false
		return nil
	}
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.unlock()
	if err := d.prepare(); err != nil {
		return err
	}
	d.tidy()
	return d.rotateIfDue(0, false)
}

// tidy removes what crashes left of rotations: files with a rotated one's name that hold nothing.
func (d *Driver) tidy() {
	r := d.rot
	if r.tidied || r.note == nil {
		return
	}
	all, err := r.names.List()
	if err != nil {
		return
	}
	r.tidied = true
	for _, b := range all {
		if b.Compressed || b.Size != 0 && b.Size != int64(len(d.header)) {
			continue
		}
		if data, err := os.ReadFile(b.Path); err == nil && (len(data) == 0 || bytes.Equal(data, d.header)) {
			_ = os.Remove(b.Path)
		}
	}
	r.link()
}

// arm sets the timer to the next moment at which a rotation is due.
func (d *Driver) arm() {
	r := d.rot
	if r.timer == nil || d.closed {
		return
	}
	now := r.now()
	next := r.schedule.Next(r.begun)
	if r.begunOf == (fileID{}) {
		next = time.Time{} // nothing is written yet
	}
	if r.wanted || !next.IsZero() && next.Before(r.retryAt) {
		next = r.retryAt
	}
	if next.IsZero() {
		r.timer.Stop()
		return
	}
	r.timer.Reset(min(max(next.Sub(now), lockPoll), timerEvery))
}
