package filedest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/filedest/rotate"
)

// A rotation, in the goroutine that writes, under the lock of all processes that rotate the file:
//
//	name chosen     where the system can't rename without overwriting, an empty file reserves the new name
//	renamed         the file has the new name; nothing has its own
//	file made       the next file is there, empty or with its header
//	begin noted     the note says when it was begun
//
// A batch that goes on in the next file has that noted before its first byte is there ("link noted"). Compression and
// removal of old files follow in another goroutine: see rotate.Janitor. A crash leaves at most an empty file,
// which the next start removes.

// deliverRotating is Deliver of a file that rotates.
func (d *Driver) deliverRotating(ctx context.Context, b *destination.Batch) error {
	d.ready = false
	if d.closed {
		return errClosed
	}
	d.settle()
	r := d.rot
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.unlock()
	if b.Attempt <= 1 {
		r.janitor.ReleaseAll() // the last batch was given up
	}
	if err := d.prepare(); err != nil {
		return err
	}
	if d.part.written == 0 {
		if err := d.rotateIfDue(firstSize(b), false); err != nil {
			return err
		}
	}
	if err := d.begin(); err != nil {
		return err
	}
	skip, err := d.resume(b)
	if err != nil {
		return err
	}
	if err := d.writePieces(b, skip); err != nil {
		return err
	}
	r.janitor.ReleaseAll()
	return nil
}

// firstSize is the size of the first record of a batch.
func firstSize(b *destination.Batch) int {
	if len(b.Items) == 0 {
		return len(b.Data)
	}
	return b.Items[0].End
}

// writePieces writes a batch from a place on, in as many files as the limit asks for.
func (d *Driver) writePieces(b *destination.Batch, from int) error {
	for from < len(b.Data) {
		to := d.fit(b, from)
		if to == from {
			id := d.id
			if err := d.rotateIfDue(recordSize(b, from), true); err != nil {
				d.part = part{written: from, end: -1}
				return err
			}
			if d.id != id {
				d.place = place{start: d.size, from: from}
				continue
			}
			to = len(b.Data) // it can't be rotated now
		}
		d.linkIfMoved(from)
		if err := d.writePiece(b, from, to); err != nil {
			return err
		}
		from = to
		d.rot.point("piece written")
	}
	return nil
}

// recordSize is the size of the record that begins at from.
func recordSize(b *destination.Batch, from int) int {
	i := sort.Search(len(b.Items), func(i int) bool { return b.Items[i].End > from })
	if i == len(b.Items) {
		return len(b.Data) - from
	}
	return b.Items[i].End - from
}

// fit returns up to where the records of a batch fit into the file: at least one into a file that is empty, and at
// least the rest of one whose beginning is there.
func (d *Driver) fit(b *destination.Batch, from int) int {
	limit := d.rot.o.MaxSize
	if limit <= 0 || !d.plain || d.rot.note == nil || d.size+int64(len(b.Data)-from) <= limit || len(b.Items) == 0 {
		return len(b.Data)
	}
	i := sort.Search(len(b.Items), func(i int) bool { return b.Items[i].End > from })
	to := from
	if i < len(b.Items) && (d.empty() || from > b.Items[i].Start) {
		to = b.Items[i].End
		i++
	}
	for ; i < len(b.Items) && d.size+int64(b.Items[i].End-from) <= limit; i++ {
		to = b.Items[i].End
	}
	if i == len(b.Items) {
		return len(b.Data)
	}
	return to
}

// empty reports whether the file has no record.
func (d *Driver) empty() bool { return d.size == 0 || d.size == int64(len(d.header)) }

// linkIfMoved notes that the batch goes on in another file than the one that its intent, or the last link, names.
func (d *Driver) linkIfMoved(from int) {
	r := d.rot
	if r.batch == 0 || d.id == r.last || r.note == nil {
		return
	}
	l := rotate.Link{File: rotate.ID{Device: d.id.device, Inode: d.id.inode}, Start: d.size, Before: int64(from)}
	if err := r.note.Append(r.batch, r.links, l); err != nil {
		r.failed(err)
		return
	}
	r.last = d.id
	r.links++
	r.point("link noted")
}

// writePiece appends whole records. What a failure leaves is cut away, or remembered when that can't be.
func (d *Driver) writePiece(b *destination.Batch, from, to int) error {
	before := d.size
	err := d.append(b.Data[from:to])
	if err == nil {
		return nil
	}
	if d.size > before {
		_ = d.cut(before)
	}
	written := from + int(d.size-before)
	if written == 0 {
		return err
	}
	torn := d.size > before && !d.binary && b.Data[written-1] != '\n'
	d.part = part{written: written, end: d.size, torn: torn, place: d.place}
	return err
}

// rotateIfDue rotates when a record of next bytes should not come into this file any more. mid says that the batch has begun.
// An error means that there is no file now; one that can't be rotated goes on to be written.
func (d *Driver) rotateIfDue(next int, mid bool) error {
	r := d.rot
	if !d.plain || d.f == nil || r.note == nil {
		return nil
	}
	now := r.now()
	d.learnBegin(now)
	due := r.schedule.Due(r.begun, now)
	if d.empty() {
		r.wanted = false
		if due {
			r.begin(d, now)
		}
		return nil
	}
	full := r.o.MaxSize > 0 && d.size+int64(next) > r.o.MaxSize
	if !due && !full && !r.wanted || now.Before(r.retryAt) {
		return nil
	}
	return d.putAway(now, mid)
}

// learnBegin finds out when the open file was begun: from the note, or else from the file.
func (d *Driver) learnBegin(now time.Time) {
	r := d.rot
	if r.begunOf == d.id && d.id != (fileID{}) {
		if r.begun.After(now) {
			r.begin(d, now) // the clock was set back
		}
		return
	}
	begun, ok := r.note.Begun(rotate.ID{Device: d.id.device, Inode: d.id.inode})
	if ok && d.id != (fileID{}) && !begun.After(now) {
		r.begunOf, r.begun = d.id, begun
		d.arm()
		return
	}
	begun = now
	if at := born(d.f); !d.empty() && at.Before(now) {
		begun = at
	}
	r.begin(d, begun)
}

// begin notes when the open file was begun. Where that fails the file's own times are used at the next start.
func (r *rotating) begin(d *Driver, begun time.Time) {
	r.begunOf, r.begun = d.id, begun
	if err := r.note.Begin(rotate.ID{Device: d.id.device, Inode: d.id.inode}, begun); err != nil {
		r.failed(err)
	}
	d.arm()
}

// putAway renames the file and makes the next one.
func (d *Driver) putAway(now time.Time, mid bool) error {
	r := d.rot
	like, err := d.f.Stat()
	if err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // a file that is open can't be renamed there
		if err := d.closeFile(); err != nil {
			return err
		}
	}
	if err := r.rename(now, mid); err != nil {
		r.failed(err)
		if d.f == nil {
			return d.open()
		}
		return nil
	}
	r.point("renamed")
	_ = d.closeFile() // what is in it is there; a file system that says otherwise here has lost it already
	r.janitor.Wake()
	return d.next(now, like)
}

// rename gives the file the name of a rotated one. With mid a part of the batch at hand is in it.
func (r *rotating) rename(now time.Time, mid bool) error {
	if err := r.fault("rename"); err != nil {
		return err
	}
	return r.names.Move(r.path, now, func(name string) {
		r.point("name chosen")
		if mid {
			r.janitor.Hold(name)
		}
	})
}

// next makes the file that follows one that was like that.
func (d *Driver) next(now time.Time, like fs.FileInfo) error {
	r := d.rot
	r.like = like
	if err := r.fault("make"); err != nil {
		return err
	}
	if err := d.open(); err != nil {
		return err
	}
	r.point("file made")
	if err := d.begin(); err != nil {
		return err
	}
	r.wanted = false
	r.retryAt, r.backoff = time.Time{}, 0
	r.trouble.tell(troubleRotation, nil)
	if d.empty() { // else another program was faster
		r.begin(d, now)
	}
	r.point("begin noted")
	r.link()
	return nil
}

// The delays before a rotation that failed is tried again.
const (
	rotateRetryMin = time.Second
	rotateRetryMax = time.Minute
)

// failed reports a rotation that could not be done. The file goes on to be written.
func (r *rotating) failed(err error) {
	r.backoff = min(max(2*r.backoff, rotateRetryMin), rotateRetryMax)
	r.retryAt = r.now().Add(r.backoff)
	r.trouble.tell(troubleRotation, err)
}

// link lets the link named latest lead to the file. What is no link is left alone.
func (r *rotating) link() {
	if r.latest != "" {
		r.trouble.tell(troubleLatest, linkTo(r.path, r.latest))
	}
}

func linkTo(path, latest string) error {
	to := path
	if rel, err := filepath.Rel(filepath.Dir(latest), path); err == nil {
		to = rel
	}
	if have, err := os.Readlink(latest); err == nil && have == to {
		return nil
	}
	if info, err := os.Lstat(latest); err == nil && info.Mode()&fs.ModeSymlink == 0 {
		return fmt.Errorf("%s is there and no link: it is left alone", latest)
	}
	tmp := latest + ".tmp"
	_ = os.Remove(tmp) // of a crash
	return errors.Join(os.Symlink(to, tmp), os.Rename(tmp, latest))
}
