package journal

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"os"
	"path/filepath"
	"testing"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// segWriter writes segment files from the description of the layout, with nothing of the code under test.
type segWriter struct {
	id   [16]byte
	base uint64
	b    []byte
	off  int
	ord  uint32
	pos  []placed // of the records
}

type placed struct{ off, end int }

func writerFor(id [16]byte, base uint64, size int) *segWriter {
	w := &segWriter{id: id, base: base, b: make([]byte, size), off: 4096}
	w.header()
	return w
}

func crcOf(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

func (w *segWriter) header() {
	b := w.b[:512]
	copy(b, "LOGJSEG1")
	binary.LittleEndian.PutUint16(b[8:], 1)
	binary.LittleEndian.PutUint16(b[10:], 4096)
	copy(b[16:], w.id[:])
	binary.LittleEndian.PutUint64(b[32:], 1)
	binary.LittleEndian.PutUint64(b[40:], w.base)
	binary.LittleEndian.PutUint64(b[48:], uint64(len(w.b)))
	binary.LittleEndian.PutUint64(b[56:], 1700000000_000000000)
	_, boot := bootID()
	binary.LittleEndian.PutUint64(b[64:], boot)
	binary.LittleEndian.PutUint32(b[508:], crcOf(b[:508]))
}

func (w *segWriter) bind(payload uint32, off int, header uint64) uint32 {
	salt := crcOf(binary.LittleEndian.AppendUint64(append([]byte(nil), w.id[:]...), w.base))
	x := uint64(salt)<<32 ^ (w.base + uint64(off)) ^ bits.RotateLeft64(header, 23)
	x *= 0x9e3779b97f4a7c15
	x ^= x >> 29
	x *= 0xbf58476d1ce4e5b9
	return max(payload^uint32(x>>32), 1)
}

// put writes a record of any type with the next ordinal.
func (w *segWriter) put(kind, priority byte, tag uint16, payload []byte) {
	n := 16 + len(payload)
	header := uint64(w.ord) | uint64(kind)<<32 | uint64(priority)<<40 | uint64(tag)<<48
	copy(w.b[w.off+16:], payload)
	binary.LittleEndian.PutUint64(w.b[w.off+8:], header)
	binary.LittleEndian.PutUint64(w.b[w.off:], uint64(w.bind(crcOf(payload), w.off, header))<<32|uint64(n))
	w.pos = append(w.pos, placed{w.off, w.off + n})
	w.ord++
	w.off += (n + 7) &^ 7
}

func (w *segWriter) add(payload []byte) { w.put(1, 5, 7, payload) }

// vanished is a claim whose producer was killed before it stored anything.
func (w *segWriter) vanished(n int) { w.ord++; w.off += (16 + n + 7) &^ 7 }

// claimed is a claim whose producer was killed after it had stored part of the payload.
func (w *segWriter) claimed(n, part int) {
	binary.LittleEndian.PutUint64(w.b[w.off:], 1<<31|uint64(16+n))
	if part > 0 {
		binary.LittleEndian.PutUint64(w.b[w.off+8:], uint64(w.ord)|1<<32)
		for i := range part {
			w.b[w.off+16+i] = 'p'
		}
	}
	w.vanished(n)
}

// pad fills the rest.
func (w *segWriter) pad() {
	header := uint64(1<<24-1) | 2<<32
	binary.LittleEndian.PutUint64(w.b[w.off+8:], header)
	binary.LittleEndian.PutUint64(w.b[w.off:], uint64(w.bind(0, w.off, header))<<32|uint64(len(w.b)-w.off))
}

func (w *segWriter) seal() {
	b := w.b[512:1024]
	copy(b, "LOGJSEAL")
	binary.LittleEndian.PutUint32(b[8:], 1)
	binary.LittleEndian.PutUint64(b[16:], uint64(w.off))
	binary.LittleEndian.PutUint32(b[24:], uint32(len(w.pos)))
	binary.LittleEndian.PutUint32(b[508:], crcOf(b[:508]))
}

func (w *segWriter) hint(off int) {
	b := w.b[1024:1536]
	copy(b, "LOGJHINT")
	binary.LittleEndian.PutUint64(b[8:], 1)
	binary.LittleEndian.PutUint64(b[16:], uint64(off))
	binary.LittleEndian.PutUint32(b[508:], crcOf(b[:508]))
}

func (w *segWriter) save(t testing.TB, dir string) string {
	t.Helper()
	path := segmentPath(dir, w.base)
	if err := os.WriteFile(path, w.b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var testID = [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

// stateDir makes a state directory with the JOURNAL of a run of this boot.
func stateDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	_, boot := bootID()
	i := &identity{id: testID, created: 1, boot: boot, body: identityBody{Program: "p", Name: "n", Destinations: map[string]uint64{"d": 9}}}
	if err := writeIdentity(vfs.OS{}, dir, i, false); err != nil {
		t.Fatal(err)
	}
	return dir
}

func testOptions(fsys vfs.FS) *Options {
	o := &Options{FS: fsys, Program: "p", Name: "n", Destinations: map[string]uint64{"d": 9}, WhenBusy: BusyFail}
	o.setDefaults()
	return o
}

// recoverTest recovers dir and gives it up again.
func recoverTest(t testing.TB, dir string) *recovered {
	t.Helper()
	o := testOptions(vfs.OS{})
	h, err := openHome(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer h.lock.Close()
	r, err := recoverHome(h, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// payloads reads back what a recovery offers, as a reader would.
func (r *recovered) payloads(t testing.TB) (all []string) {
	t.Helper()
	for i := range r.segments {
		s := &r.segments[i]
		f, err := vfs.OS{}.OpenFile(s.path, os.O_RDONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		sc := newScan(f, s.salt(), s.base, uint64(s.size), s.end, headerPage)
		for it := sc.next(); it.kind != scanEnd; it = sc.next() {
			if it.kind != scanRecord || recordType(it.header>>32&0xf) == typeHole {
				continue
			}
			p, err := sc.payload(&it, nil)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(p))
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func (r *recovered) has(kind EventKind) bool {
	for _, e := range r.events {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

func filesIn(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func quarantined(t testing.TB, dir string) []string {
	return filesIn(t, filepath.Join(dir, quarantineDir))
}
