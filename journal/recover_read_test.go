package journal

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// readLeft opens dir as a program does and reads what an earlier run left for destination d.
func readLeft(t testing.TB, dir string) (all []string, skipped uint64) {
	t.Helper()
	j, err := Open(dir, *testOptions(vfs.OS{}))
	must(t, err)
	defer j.Close()
	r, err := j.NewReader(ReaderOptions{Name: "d", Hash: 9})
	must(t, err)
	var dst [50]Entry
	for {
		n, err := r.Next(dst[:], 1<<20)
		must(t, err)
		if n == 0 {
			break
		}
		for _, e := range dst[:n] {
			if !e.Recovered {
				t.Errorf("the record at %d is not marked as an earlier run's", e.Position)
			}
			all = append(all, string(e.Payload))
		}
		must(t, r.Ack(dst[n-1].End))
		r.Release()
	}
	skipped, _ = r.Skipped()
	return all, skipped
}

func TestFlippedBitInASealedSegmentIsFoundWhenItIsRead(t *testing.T) {
	n := 150
	if full() {
		n = 3000
	}
	rng := rand.New(rand.NewPCG(7, 8))
	for range n {
		dir := stateDir(t)
		w := writerFor(testID, 0x100000, 64<<10)
		all := mixed(w, 150)
		w.pad()
		w.seal()
		at := headerPage + rng.IntN(w.off-headerPage)
		w.b[at] ^= 1 << rng.IntN(8)
		w.save(t, dir)
		got, skipped := readLeft(t, dir)
		want := intact(w, all, at, at+1)
		for _, p := range w.pos {
			if at >= p.end && at < (p.end+7)&^7 { // the zeros behind a record
				want = texts(all...)
			}
		}
		equal(t, got, want)
		if skipped != uint64(len(all)-len(want)) {
			t.Fatalf("flip at %d: %d of %d records, %d reported as skipped", at, len(want), len(all), skipped)
		}
		if left := filesIn(t, dir); len(left) != 2 && len(left) != 3 {
			t.Fatalf("left after a close with nothing pending: %v", left)
		}
		os.RemoveAll(dir)
	}
}

func TestReaderEndsOnLyingLengths(t *testing.T) {
	dir := stateDir(t)
	w := writerFor(testID, 0x100000, 1<<20)
	all := mixed(w, 3)
	for off := w.off; off+16 <= len(w.b); off += 8 {
		left := uint64(len(w.b) - off)
		w.b[off], w.b[off+1], w.b[off+2], w.b[off+3], w.b[off+4] = byte(left), byte(left>>8), byte(left>>16), byte(left>>24), 1
	}
	w.off = len(w.b)
	w.seal()
	w.save(t, dir)
	begun := time.Now()
	got, skipped := readLeft(t, dir)
	equal(t, got, texts(all...))
	if took := time.Since(begun); took > 2*time.Second || skipped == 0 {
		t.Errorf("it took %v; %d are reported as skipped", took, skipped)
	}
}

func TestCutSealedSegmentIsReadUpToTheCut(t *testing.T) {
	dir := stateDir(t)
	w := writerFor(testID, 0x100000, 64<<10)
	all := mixed(w, 50)
	w.pad()
	w.seal()
	w.b = w.b[:w.pos[40].off+20]
	w.save(t, dir)
	if got, _ := readLeft(t, dir); len(got) != 40 {
		t.Errorf("%d records of %d, 40 are whole", len(got), len(all))
	}
}

func TestChangedDestinationLeavesTheRecordsOfTheOldOneInPlace(t *testing.T) {
	dir := stateDir(t)
	w := writerFor(testID, 0x100000, 64<<10)
	all := mixed(w, 10)
	w.seal()
	w.save(t, dir)
	old, _ := openTestCursor(t, dir, "d")
	old.bind(testID)
	must(t, old.store(w.base+uint64(w.pos[4].off)))
	for range 2 { // also after another start
		o := *testOptions(vfs.OS{})
		o.Destinations = map[string]uint64{"d": 10}
		j, err := Open(dir, o)
		must(t, err)
		r, err := j.NewReader(ReaderOptions{Name: "d", Hash: 10})
		must(t, err)
		var dst [50]Entry
		if n, err := r.Next(dst[:], 1<<20); n != 0 || err != nil {
			t.Fatalf("another destination was fed %d records, %v", n, err)
		}
		must(t, j.Close())
	}
	if got, _ := readLeft(t, dir); len(got) != 6 || got[0] != string(all[4]) {
		t.Errorf("the destination as it was gets %d records, 6 were left", len(got))
	}
}

func TestAdoptedJournalsAreReadOnceAndTheirDirectoriesGo(t *testing.T) {
	dir := stateDir(t)
	for i := range 3 {
		deadDir(t, dir, "p-"+string(rune('1'+i))+"-x", &identityBody{Program: "p", Name: "n", Destinations: map[string]uint64{"d": 9}})
	}
	for _, want := range []int{3, 0} {
		j, err := Open(dir, *testOptions(vfs.OS{}))
		must(t, err)
		got := 0
		for _, a := range append(j.Adopted(), j) {
			r, err := a.NewReader(ReaderOptions{Name: "d", Hash: 9})
			must(t, err)
			var dst [10]Entry
			n, err := r.Next(dst[:], 1<<20)
			must(t, err)
			if got += n; n > 0 {
				must(t, r.Ack(dst[n-1].End))
			}
			r.Release()
			if a != j && !a.Drained() {
				t.Error("an adopted journal is not drained after its records are acknowledged")
			}
			if a != j {
				must(t, a.Close())
			}
		}
		must(t, j.Close())
		if got != want || len(privateDirs(t, dir)) != 0 {
			t.Errorf("%d records, want %d; left %v", got, want, privateDirs(t, dir))
		}
	}
}
