package journal

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/internal/vfs"
)

func TestBadRangeIsCopiedWithWhatIsKnownAboutIt(t *testing.T) {
	dir := stateDir(t)
	w := writerFor(testID, 0x100000, 64<<10)
	mixed(w, 20)
	p := w.pos[5]
	w.hint(w.pos[10].off)
	w.b[p.off+16+9] ^= 1 << 6
	w.save(t, dir)
	r := recoverTest(t, dir)
	if r.report.Lost != 1 || r.report.BadRanges != 1 || !r.has(EventCorruption) || !r.has(EventLost) {
		t.Errorf("report %+v, events %v", r.report, r.events)
	}
	files := quarantined(t, dir)
	if len(files) != 2 {
		t.Fatalf("quarantine %v", files)
	}
	copied, err := os.ReadFile(filepath.Join(dir, quarantineDir, files[0]))
	must(t, err)
	if want := w.b[p.off : p.off+len(copied)]; string(copied) != string(want) || len(copied) != (p.end-p.off+7)&^7 {
		t.Errorf("%d bytes were copied", len(copied))
	}
	text, err := os.ReadFile(filepath.Join(dir, quarantineDir, files[1]))
	must(t, err)
	var info badRange
	must(t, json.Unmarshal(text, &info))
	if info.Flip != "byte 25, bit 6" || info.Expected == info.Got || !info.Durable || info.Position != w.base+uint64(p.off) {
		t.Errorf("%s", text)
	}
}

func TestQuarantineIsBoundedInFilesOfOneSegment(t *testing.T) {
	dir := stateDir(t)
	w := writerFor(testID, 0x100000, 64<<10)
	mixed(w, 200)
	for i := 1; i < 200; i += 2 {
		w.b[w.pos[i].off+18] ^= 1
	}
	w.save(t, dir)
	r := recoverTest(t, dir)
	if got := quarantined(t, dir); len(got) != 2*maxRanges || r.report.Lost != 100 || len(r.payloads(t)) != 100 {
		t.Errorf("%d files, report %+v", len(got), r.report)
	}
}

func TestQuarantineLosesTheOldestFirst(t *testing.T) {
	dir := t.TempDir()
	q := newQuarantine(vfs.OS{}, dir)
	must(t, os.Mkdir(q.dir, 0o700))
	put := func(name string, size int64, age time.Duration) {
		path := filepath.Join(q.dir, name)
		must(t, os.WriteFile(path, nil, 0o600))
		must(t, os.Truncate(path, size))
		at := time.Now().Add(-age)
		must(t, os.Chtimes(path, at, at))
	}
	put("alone", 1, quarantineAge+time.Hour)
	q.trim(func(Event) {})
	if got := filesIn(t, q.dir); len(got) != 0 {
		t.Errorf("too old, and still there: %v", got)
	}
	put("ancient", 1, quarantineAge+time.Hour)
	put("old", 30<<20, 3*time.Hour)
	put("newer", 30<<20, 2*time.Hour)
	put("newest", 30<<20, time.Hour)
	var events []Event
	q.trim(func(e Event) { events = append(events, e) })
	if got := filesIn(t, q.dir); !slices.Equal(got, []string{"newer", "newest"}) || len(events) != 1 || !strings.Contains(events[0].Text, "2 of 4") {
		t.Errorf("left %v, events %v", got, events)
	}
}

func TestSingleFlippedBitIsFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		b := make([]byte, 1+rng.IntN(3000))
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		before := crcOf(b)
		at, bit := rng.IntN(len(b)), uint(rng.IntN(8))
		b[at] ^= 1 << bit
		if gotAt, gotBit, ok := bitFlip(len(b), before^crcOf(b)); !ok || gotAt != at || gotBit != bit {
			t.Fatalf("byte %d bit %d of %d: found %d, %d, %v", at, bit, len(b), gotAt, gotBit, ok)
		}
		b[rng.IntN(len(b))] ^= 3
		if _, _, ok := bitFlip(len(b), before^crcOf(b)); ok && len(b) < 100 {
			t.Fatal("several bits are taken for one")
		}
	}
}

func TestSameNameTwiceKeepsBothFiles(t *testing.T) {
	dir := t.TempDir()
	q := newQuarantine(vfs.OS{}, dir)
	for range 3 {
		path := filepath.Join(dir, "x.seg")
		must(t, os.WriteFile(path, []byte("x"), 0o600))
		must(t, q.takeFile(path))
	}
	if got := filesIn(t, q.dir); !slices.Equal(got, []string{"x.seg", "x.seg.1", "x.seg.2"}) {
		t.Errorf("quarantine %v", got)
	}
}
