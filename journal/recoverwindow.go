package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

const (
	windowBytes = 1 << 20
	streamBytes = 64 << 10
	windowPages = windowBytes / headerPage
)

// window is a file seen through a buffer that moves forward. Files are never mapped for recovery: one that
// somebody cuts short would kill the process.
type window struct {
	r     io.ReaderAt
	limit uint64 // nothing is read beyond it
	buf   []byte
	from  uint64            // offset of buf[0], a multiple of the page
	n     uint64            // bytes of buf that count
	bad   [windowPages]bool // pages that the device does not give
	some  bool              // some are
	small [recordHeader]byte
	piece []byte // for records larger than the window
}

// at returns n bytes at off, n at most a record's header, or nil where there are none.
func (w *window) at(off, n uint64) []byte {
	if off+n > w.limit {
		return nil
	}
	if off >= w.from && off+n <= w.from+w.n {
		return w.readable(off, n)
	}
	if w.n > 0 && off > w.from+2*windowBytes { // a look far ahead
		if got, _ := w.r.ReadAt(w.small[:n], int64(off)); uint64(got) < n {
			return nil
		}
		return w.small[:n]
	}
	w.load(off)
	if off+n > w.from+w.n {
		return nil
	}
	return w.readable(off, n)
}

func (w *window) readable(off, n uint64) []byte {
	if w.some && (w.bad[(off-w.from)/headerPage] || w.bad[(off+n-1-w.from)/headerPage]) {
		return nil
	}
	return w.buf[off-w.from:][:n]
}

func (w *window) word(off uint64) (uint64, bool) {
	b := w.at(off, recordAlign)
	if b == nil {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b), true
}

// missing says whether the page at off can't be read.
func (w *window) missing(off uint64) bool {
	_, ok := w.word(off)
	return !ok
}

// load moves the window to the page of off.
func (w *window) load(off uint64) {
	w.from = off &^ (headerPage - 1)
	w.n = min(windowBytes, w.limit-w.from)
	if uint64(len(w.buf)) < w.n {
		w.buf = make([]byte, w.n)
	}
	if w.some {
		w.bad, w.some = [windowPages]bool{}, false
	}
	got, err := w.r.ReadAt(w.buf[:w.n], int64(w.from))
	if uint64(got) == w.n {
		return
	}
	if err == nil || errors.Is(err, io.EOF) { // somebody cuts the file at this moment
		w.n = uint64(got)
		return
	}
	w.loadPages()
}

// loadPages reads page by page what the device does not give in one piece.
func (w *window) loadPages() {
	for i := uint64(0); i*headerPage < w.n; i++ {
		page := w.buf[i*headerPage : min((i+1)*headerPage, w.n)]
		if got, _ := w.r.ReadAt(page, int64(w.from+i*headerPage)); got < len(page) {
			w.bad[i], w.some = true, true
		}
	}
}

// zeros returns the offset of the first word in [off,end) that is not zero or can't be read, or end.
func (w *window) zeros(off, end uint64) uint64 {
	for off < end {
		if off&(headerPage-1) == 0 && w.zeroPage(off, end) {
			off += headerPage
			continue
		}
		if end-off < recordAlign {
			return end
		}
		if word, ok := w.word(off); !ok || word != 0 {
			return off
		}
		off += recordAlign
	}
	return end
}

func (w *window) zeroPage(off, end uint64) bool {
	if off+headerPage > end || w.missing(off) || off < w.from || off+headerPage > w.from+w.n {
		return false
	}
	return bytes.Equal(w.buf[off-w.from:][:headerPage], zeroPage[:])
}

var zeroPage [headerPage]byte

// checksum is the CRC32C of n bytes at off. ok is false where they can't be read.
func (w *window) checksum(off, n uint64) (crc uint32, ok bool) {
	if off+n > w.limit {
		return 0, false
	}
	if off+n > w.from+w.n && n <= windowBytes/2 && off >= w.from && off <= w.from+windowBytes {
		w.load(off)
	}
	if off < w.from || off+n > w.from+w.n {
		return w.stream(off, n)
	}
	if w.some {
		for p := (off - w.from) / headerPage; p*headerPage < off+n-w.from; p++ {
			if w.bad[p] {
				return 0, false
			}
		}
	}
	return crc32.Checksum(w.buf[off-w.from:][:n], castagnoli), true
}

// stream checksums without moving the window.
func (w *window) stream(off, n uint64) (crc uint32, ok bool) {
	if w.piece == nil {
		w.piece = make([]byte, streamBytes)
	}
	for n > 0 {
		part := w.piece[:min(n, streamBytes)]
		if got, _ := w.r.ReadAt(part, int64(off)); got < len(part) {
			return 0, false
		}
		crc = crc32.Update(crc, castagnoli, part)
		off += uint64(len(part))
		n -= uint64(len(part))
	}
	return crc, true
}
