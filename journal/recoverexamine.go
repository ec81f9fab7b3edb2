package journal

import (
	"bytes"
	"errors"
	"io"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// examined is what the header page of a segment file says, and what had to be found out without it.
type examined struct {
	id        [16]byte
	base      uint64
	size      uint64 // of the segment
	fileSize  int64
	flags     uint32
	boot      uint64
	headerOK  bool
	misplaced bool // the header names another position than the file's name
	named     uint64
	seal      sealBlock
	sealOK    bool
	hint      uint64 // everything before it was on the device once
}

// maxSegmentBytes is more than a segment can have; a header that says more is not believed.
const maxSegmentBytes = 1 << 40

// sealed says whether the records of the segment need not be looked for.
func (x *examined) sealed() bool {
	return x.headerOK && x.sealOK && x.seal.end >= headerPage && x.seal.end <= min(x.size, uint64(x.fileSize))
}

// powerLost says whether the machine went down under the segment, so that any of its pages may be missing.
func (x *examined) powerLost(boot uint64) bool { return x.headerOK && x.boot != boot }

// examine reads the header page. It returns an error for a file that is no segment of this journal.
func examine(f vfs.File, base uint64, i *identity) (*examined, error) {
	size, err := f.Size()
	if err != nil {
		return nil, &laterError{err}
	}
	x := &examined{base: base, fileSize: size}
	page := make([]byte, headerPage)
	n, err := f.ReadAt(page, 0)
	var unread error
	if err != nil && !errors.Is(err, io.EOF) {
		n, unread = 0, &laterError{err} // the device does not give the page: as if it were damaged
	}
	if err := x.header(page[:min(n, sectorLn)], i); err != nil {
		return nil, err
	}
	if n == headerPage {
		x.seal, x.sealOK = parseSeal(page[offSeal:])
		for _, off := range []int{offHintA, offHintB} {
			if h, ok := parseHint(page[off:]); ok && h.offset <= x.size {
				x.hint = max(x.hint, h.offset)
			}
		}
	}
	if x.headerOK || x.misplaced {
		return x, nil
	}
	if err := x.salvage(f, i); err != nil && unread != nil {
		return nil, unread
	} else if err != nil {
		return nil, err
	}
	return x, nil
}

// laterError says that a file is left alone, because the next start may be luckier with it.
type laterError struct{ cause error }

func (e *laterError) Error() string { return "it can't be read or moved now: " + e.cause.Error() }
func (e *laterError) Unwrap() error { return e.cause }

func (x *examined) header(b []byte, i *identity) error {
	h, ok := parseSegHeader(b)
	switch {
	case ok && h.version != formatVersion:
		return &errVersion{h.version}
	case !ok || h.size < headerPage || h.size > maxSegmentBytes:
		x.size = uint64(roundPage(x.fileSize)) // segments are whole pages
		return nil
	}
	x.id, x.size, x.flags, x.boot = h.id, h.size, h.flags, h.boot
	if !i.knows(h.id) {
		return errForeign
	}
	if h.base != x.base {
		x.misplaced, x.named = true, h.base
		return nil
	}
	x.headerOK = true
	return nil
}

// salvage finds out whose the records are when the header is lost: the name gives the position, and one of
// the known ids makes the checksums fit.
func (x *examined) salvage(f vfs.File, i *identity) error {
	ids := [][16]byte{i.id}
	for _, id := range i.body.Former {
		ids = append(ids, id)
	}
	for _, id := range ids {
		sc := newScan(f, saltOf(id, x.base), x.base, x.size, uint64(x.fileSize), headerPage)
		for it := sc.next(); it.kind != scanEnd; it = sc.next() {
			if it.kind == scanRecord {
				x.id = id
				return nil
			}
		}
	}
	if x.fileSize == 0 || allZero(f, x.fileSize) {
		x.id = i.id
		return nil // nothing was ever written there, or the device had none of it
	}
	if x.fileSize < headerPage {
		return errNoHeader
	}
	return errNoRecord
}

func allZero(f vfs.File, size int64) bool {
	b := make([]byte, streamBytes)
	zero := make([]byte, streamBytes)
	for off := int64(0); off < size; off += streamBytes {
		part := b[:min(streamBytes, size-off)]
		if n, _ := f.ReadAt(part, off); n < len(part) || !bytes.Equal(part, zero[:n]) {
			return false
		}
	}
	return true
}
