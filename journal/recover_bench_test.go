package journal

import (
	"os"
	"testing"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// BenchmarkScan reads through a segment of 16 MiB with records of 136 bytes, as recovery does after a kill.
func BenchmarkScan(b *testing.B) {
	dir := stateDir(b)
	w := writerFor(testID, 0, 16<<20)
	p := payloadOf(0, 120)
	for w.off+200 < len(w.b) {
		w.add(p)
	}
	f, err := vfs.OS{}.OpenFile(w.save(b, dir), os.O_RDONLY, 0)
	must(b, err)
	defer f.Close()
	b.SetBytes(int64(len(w.b)))
	for b.Loop() {
		n := 0
		sc := newScan(f, saltOf(testID, 0), 0, uint64(len(w.b)), uint64(len(w.b)), headerPage)
		for it := sc.next(); it.kind != scanEnd; it = sc.next() {
			n++
		}
		if n != len(w.pos) {
			b.Fatalf("%d of %d records", n, len(w.pos))
		}
	}
}

// BenchmarkRecoverNothing is what a start costs when nothing was left.
func BenchmarkRecoverNothing(b *testing.B) {
	dir := stateDir(b)
	o := testOptions(vfs.OS{})
	for b.Loop() {
		h, err := openHome(dir, o)
		must(b, err)
		_, err = recoverHome(h, o)
		must(b, err)
		must(b, h.close())
	}
}

// BenchmarkCursorStore is what an acknowledged batch costs.
func BenchmarkCursorStore(b *testing.B) {
	c, _ := openTestCursor(b, stateDir(b), "d")
	for n := uint64(1); b.Loop(); n++ {
		must(b, c.store(n))
	}
}
