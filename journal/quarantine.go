package journal

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// Limits of the quarantine: it is for people to look at, and nothing depends on it.
const (
	quarantineCap   = 64 << 20
	quarantineAge   = 30 * 24 * time.Hour
	quarantineRange = 64 << 10 // bytes of a bad range that are copied
	maxRanges       = 16       // bad ranges of one segment that are copied
)

// quarantine is where files and stretches of bytes go that can't be read.
type quarantine struct {
	fs  vfs.FS
	dir string
}

func newQuarantine(fsys vfs.FS, dir string) *quarantine {
	return &quarantine{fs: fsys, dir: filepath.Join(dir, quarantineDir)}
}

// takeFile moves a whole file here.
func (q *quarantine) takeFile(path string) error {
	if err := makeDir(q.fs, q.dir, 0o700); err != nil {
		return err
	}
	to := filepath.Join(q.dir, filepath.Base(path))
	for n := 1; ; n++ {
		if _, err := q.fs.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return q.fs.Rename(path, to)
		} else if err != nil {
			return err
		}
		to = filepath.Join(q.dir, fmt.Sprintf("%s.%d", filepath.Base(path), n))
	}
}

// badRange is the sidecar of a copied range.
type badRange struct {
	Segment  string    `json:"segment"`
	Journal  string    `json:"journal"`
	Position uint64    `json:"position"`
	Offset   uint64    `json:"offset"`
	Length   uint64    `json:"length"`  // bytes that are no record
	Copied   uint64    `json:"copied"`  // of them, from the beginning
	Durable  bool      `json:"durable"` // the device had it once
	Found    time.Time `json:"found"`
	// Where the range begins with the header of a record:
	Expected string `json:"expected_crc,omitempty"`
	Got      string `json:"got_crc,omitempty"`
	Flip     string `json:"single_bit_flip,omitempty"`
}

// takeRange copies a bad range and writes what is known about it. The same range gets the same name, so that a
// recovery that is repeated adds nothing. Failing to is no reason not to start.
func (q *quarantine) takeRange(f vfs.File, x *examined, it scanned) {
	if makeDir(q.fs, q.dir, 0o700) != nil {
		return
	}
	b := make([]byte, min(it.length, quarantineRange))
	n, _ := f.ReadAt(b, int64(it.off)) // what the device does not give is missing in the copy
	b = b[:n]
	info := badRange{
		Segment: filepath.Base(f.Name()), Journal: hex.EncodeToString(x.id[:]), Position: x.base + it.off, Offset: it.off,
		Length: it.length, Copied: uint64(n), Durable: it.off < x.hint, Found: time.Now().UTC(),
	}
	info.diagnose(b, x)
	text, err := json.MarshalIndent(&info, "", "  ")
	if err != nil {
		return
	}
	name := filepath.Join(q.dir, fmt.Sprintf("%s-%d", info.Segment, it.off))
	if q.write(name+".bad", b) == nil {
		_ = q.write(name+".json", append(text, '\n')) // the copy is worth something without it
	}
}

func (q *quarantine) write(path string, b []byte) error {
	f, err := q.fs.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, 0)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, q.fs.Remove(path))
	}
	return nil
}

// diagnose says what checksum was expected, and whether one flipped bit of the payload explains it.
func (d *badRange) diagnose(b []byte, x *examined) {
	if len(b) < recordHeader {
		return
	}
	word, header := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	n := word & lengthMask
	if n < recordHeader || n > uint64(len(b)) {
		return
	}
	payload := b[recordHeader:n]
	want := uint32(word >> 32)
	got := bindCRC(crc32.Checksum(payload, castagnoli), saltOf(x.id, x.base), d.Position, header)
	d.Expected, d.Got = fmt.Sprintf("%08x", want), fmt.Sprintf("%08x", got)
	if at, bit, ok := bitFlip(len(payload), want^got); ok {
		d.Flip = fmt.Sprintf("byte %d, bit %d", recordHeader+at, bit)
	}
}

// bitFlip finds the one bit of n bytes whose change changes their CRC32C by diff. A CRC is linear: what
// a bit does to it depends on nothing but the bit's distance from the end.
func bitFlip(n int, diff uint32) (at int, bit uint, ok bool) {
	var effect [8]uint32
	for i := range effect {
		effect[i] = castagnoli[1<<i]
	}
	for at = n - 1; at >= 0; at-- {
		for i, e := range effect {
			if e == diff {
				return at, uint(i), true
			}
			effect[i] = castagnoli[byte(e)] ^ e>>8
		}
	}
	return 0, 0, false
}

// trim removes what is too old, and the oldest as long as there is too much.
func (q *quarantine) trim(event func(Event)) {
	entries, err := q.fs.ReadDir(q.dir)
	if err != nil {
		return // there is none
	}
	type aged struct {
		path string
		size int64
		at   time.Time
	}
	var files []aged
	total := int64(0)
	for _, e := range entries {
		fi, err := e.Info()
		if err != nil || !fi.Mode().IsRegular() {
			continue
		}
		files = append(files, aged{filepath.Join(q.dir, e.Name()), fi.Size(), fi.ModTime()})
		total += fi.Size()
	}
	slices.SortFunc(files, func(a, b aged) int { return a.at.Compare(b.at) })
	removed := 0
	for _, f := range files {
		if total <= quarantineCap && time.Since(f.at) < quarantineAge {
			break
		}
		if q.fs.Remove(f.path) == nil {
			total -= f.size
			removed++
		}
	}
	if removed > 0 {
		event(Event{Kind: EventCleanup, File: q.dir, Text: fmt.Sprintf("%d of %d files in the quarantine were too old or too much, and are removed", removed, len(files))})
	}
}
