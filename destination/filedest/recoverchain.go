package filedest

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/hydra-logger/hydra/destination/filedest/rotate"
)

// recoverRotating is Recover of a file that rotates: the batch may be in several files, and these may have other names,
// or be archives.
func (d *Driver) recoverRotating(state []byte, in intent) (delivered bool, err error) {
	r := d.rot
	if err := r.lock(context.Background()); err != nil {
		return false, err
	}
	defer r.unlock()
	var links []rotate.Link
	if r.note != nil {
		if links, err = r.note.Links(batchKey(state)); err != nil {
			return false, err
		}
	}
	if len(links) > 0 {
		return d.recoverChain(in, links)
	}
	if known, delivered, err := d.recoverArchive(in); known {
		return delivered, err
	}
	last, err := d.reopenLast(in.id)
	if err != nil {
		return false, err
	}
	defer last.f.Close()
	return last.finish(in)
}

// archiveOf returns the archives that were made of a file.
func (d *Driver) archivesOf(id fileID) (paths []string, sizes []int64) {
	all, err := d.rot.names.List()
	if err != nil {
		return nil, nil
	}
	for i := len(all) - 1; i >= 0; i-- {
		if o, ok := rotate.ReadOrigin(all[i].Path); all[i].Compressed && ok && o.File == (rotate.ID{Device: id.device, Inode: id.inode}) {
			paths, sizes = append(paths, all[i].Path), append(sizes, o.Size)
		}
	}
	return paths, sizes
}

// recoverArchive looks for the batch in archives. known is false when no archive is of the intent's file as it was then:
// its number may be that of another file now.
func (d *Driver) recoverArchive(in intent) (known, delivered bool, err error) {
	paths, sizes := d.archivesOf(in.id)
	for i, path := range paths {
		switch size := sizes[i]; {
		case size >= in.offset+in.length:
			tail := min(in.length, tailSize)
			if sum, err := sumArchive(path, in.offset+in.length-tail, tail); err == nil && sum == in.crc {
				return true, true, nil
			}
		case size == in.offset && !d.exists(in.id):
			return true, false, nil
		case size > in.offset && !d.exists(in.id):
			return true, false, fmt.Errorf("%s holds a part of the last run's last batch", path)
		}
	}
	return false, false, nil
}

func (d *Driver) exists(id fileID) bool {
	_, err := d.find(id)
	return err == nil
}

// sumArchive is the checksum of a part of what is in an archive.
func sumArchive(path string, offset, length int64) (uint32, error) {
	a, err := rotate.OpenArchive(path)
	if err != nil {
		return 0, err
	}
	defer a.Close()
	if _, err := io.CopyN(io.Discard, a, offset); err != nil {
		return 0, err
	}
	h := crc32.New(castagnoli)
	_, err = io.CopyN(h, a, length)
	return h.Sum32(), err
}

// recoverChain completes or withdraws a batch that was split: begun in the intent's file, it goes on in those of the links.
func (d *Driver) recoverChain(in intent, links []rotate.Link) (delivered bool, err error) {
	last := links[len(links)-1]
	if d.archived(in, last) {
		return true, nil
	}
	f, err := d.reopenLast(fileID{last.File.Device, last.File.Inode})
	if err != nil {
		return false, err
	}
	complete, err := f.completes(in, last)
	if err := errors.Join(err, f.f.Close()); complete || err != nil {
		return complete, err
	}
	return false, d.undo(in, links)
}

// completes reports whether the file has the end of the batch.
func (d *Driver) completes(in intent, last rotate.Link) (bool, error) {
	rest := in.length - last.Before // of the batch, that belongs into the last file
	switch have := d.size - last.Start; {
	case have < 0:
		return false, fmt.Errorf("%s is shorter than when the last run wrote to it", d.path)
	case have < rest:
		return false, nil
	}
	tail := min(in.length, tailSize)
	if rest < tail {
		return true, nil // most of what could be compared is in another file
	}
	sum, err := d.sum(last.Start+rest-tail, tail)
	if err != nil || sum != in.crc {
		return false, errors.Join(err, fmt.Errorf("%s holds other data where the last run wrote its last batch", d.path))
	}
	return true, nil
}

// archived reports whether the end of the batch is in an archive. The number of the file of an archive may be in use again, for the
// very file that the batch was to go on in: what can't be compared counts only when no file has that number.
func (d *Driver) archived(in intent, last rotate.Link) bool {
	id := fileID{last.File.Device, last.File.Inode}
	paths, sizes := d.archivesOf(id)
	rest := in.length - last.Before
	tail := min(in.length, tailSize)
	for i, path := range paths {
		switch {
		case sizes[i] < last.Start+rest:
		case rest < tail:
			if !d.exists(id) {
				return true // it was compressed, so it was complete
			}
		default:
			if sum, err := sumArchive(path, last.Start+rest-tail, tail); err == nil && sum == in.crc {
				return true
			}
		}
	}
	return false
}

// undo takes a batch out of all its files, from the end, so that a crash meanwhile leaves the beginning of one.
func (d *Driver) undo(in intent, links []rotate.Link) error {
	first, err := d.reopenLast(in.id)
	if err != nil {
		return err
	}
	defer first.f.Close()
	if first.size > in.offset {
		ours, err := first.startsWith(in)
		if err != nil {
			return err
		}
		if !ours {
			return fmt.Errorf("somebody else wrote to %s where the last run began its last batch", first.path)
		}
	}
	for i := len(links) - 1; i >= 0; i-- {
		if err := d.cutBack(links[i]); err != nil {
			return err
		}
		d.rot.point("link undone")
	}
	if first.size <= in.offset {
		return nil
	}
	return first.cut(in.offset)
}

// cutBack takes what a file has of the batch off it.
func (d *Driver) cutBack(l rotate.Link) error {
	f, err := d.reopenLast(fileID{l.File.Device, l.File.Inode})
	if err != nil {
		return err
	}
	defer f.f.Close()
	if f.size <= l.Start {
		return nil
	}
	return f.cut(l.Start)
}
