package journal

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/internal/vfs"
)

func full() bool { return os.Getenv("HYDRA_FULL") == "1" }

// payload i is 8 bytes of time and a text that says who it is.
func payloadOf(i, n int) []byte {
	b := append([]byte{byte(i + 1), byte((i + 1) >> 8), 0, 0, 0, 0, 0, 0}, fmt.Sprintf("record %d ", i)...)
	for len(b) < n {
		b = append(b, byte('a'+i%26))
	}
	return b
}

func texts(payloads ...[]byte) (all []string) {
	for _, p := range payloads {
		all = append(all, string(p))
	}
	return all
}

// mixed writes n records of growing length and returns them.
func mixed(w *segWriter, n int) (all [][]byte) {
	for i := range n {
		p := payloadOf(i, 20+i*13%300)
		w.add(p)
		all = append(all, p)
	}
	return all
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("record %d differs: got %d records, want %d", i, len(got), len(want))
		}
	}
}

func TestRecoveryStepsOverHolesAndLosesNothing(t *testing.T) {
	dir := stateDir(t)
	w := writerFor(testID, 0x100000, 256<<10)
	w.vanished(40)
	w.add(payloadOf(0, 50))
	w.claimed(100, 33)
	w.vanished(10)
	w.claimed(7, 0)
	w.add(payloadOf(1, 61))
	w.vanished(0)
	w.add(payloadOf(2, 5000))
	w.claimed(3000, 3000)
	w.save(t, dir)
	want := texts(payloadOf(0, 50), payloadOf(1, 61), payloadOf(2, 5000))

	r := recoverTest(t, dir)
	equal(t, r.payloads(t), want)
	if got := r.report; got.Records != 3 || got.Holes != 3 || got.Unfinished != 5 || got.Lost != 0 || got.BadRanges != 0 || got.Scanned != 1 {
		t.Errorf("report %+v", got)
	}
	again := recoverTest(t, dir)
	equal(t, again.payloads(t), want)
	if again.report.Scanned != 0 || again.report.Holes != 0 {
		t.Errorf("the second recovery worked again: %+v", again.report)
	}
	if again.segments[0].minTime != 1 || again.segments[0].maxTime != 3 {
		t.Errorf("times %d to %d", again.segments[0].minTime, again.segments[0].maxTime)
	}
	if again.nextBase <= r.segments[0].base+uint64(r.segments[0].size) || again.nextBase%headerPage != 0 {
		t.Errorf("next base %#x", again.nextBase)
	}
}

func TestStrictScanLosesWhatTheRealOneKeeps(t *testing.T) {
	w := writerFor(testID, 0, 256<<10)
	for i := range 100 {
		if i%10 == 3 {
			w.claimed(30, 5)
		}
		w.add(payloadOf(i, 50))
	}
	count := func(strict bool) (n int) {
		sc := newScan(bytes.NewReader(w.b), saltOf(testID, 0), 0, uint64(len(w.b)), uint64(len(w.b)), headerPage)
		sc.strict = strict
		for it := sc.next(); it.kind != scanEnd; it = sc.next() {
			if it.kind == scanRecord {
				n++
			}
		}
		return n
	}
	if real, strict := count(false), count(true); real != 100 || strict != 3 {
		t.Errorf("the real scan found %d of 100, the strict one %d, not 3", real, strict)
	}
}

func TestEmptySegmentsAndSparesAreRemoved(t *testing.T) {
	dir := stateDir(t)
	writerFor(testID, 0x100000, 64<<10).save(t, dir)
	w := writerFor(testID, 0x200000, 64<<10)
	w.claimed(20, 20)
	w.save(t, dir)
	w = writerFor(testID, 0x300000, 64<<10)
	w.pad()
	w.save(t, dir)
	for _, name := range []string{"spare-1.tmp", "JOURNAL.tmp", "notes.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := recoverTest(t, dir)
	if len(r.segments) != 0 || r.nextBase < 0x310000 {
		t.Errorf("%d segments, next %#x", len(r.segments), r.nextBase)
	}
	if got := filesIn(t, dir); !slices.Equal(got, []string{"JOURNAL", "LOCK", "notes.tmp"}) {
		t.Errorf("files %v", got)
	}
}

// intact returns the records whose bytes a change of [from,to) did not touch.
func intact(w *segWriter, all [][]byte, from, to int) (kept []string) {
	for i, p := range w.pos {
		if (p.end+7)&^7 <= from || p.off >= to {
			kept = append(kept, string(all[i]))
		}
	}
	return kept
}

func TestTruncatedSegmentsLoseOnlyWhatIsCut(t *testing.T) {
	cases := 0
	for _, sealed := range []bool{false, true} {
		base := writerFor(testID, 0x100000, 64<<10)
		all := mixed(base, 200)
		base.pad()
		if sealed {
			base.seal()
		}
		var cuts []int
		for at := base.pos[197].off; at <= base.off; at++ {
			cuts = append(cuts, at)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		n := 1000
		if !full() {
			n = 40
			cuts = slices.DeleteFunc(cuts, func(at int) bool { return at%9 != 0 })
		}
		for range n {
			cuts = append(cuts, rng.IntN(len(base.b)))
		}
		for _, cut := range cuts {
			cases++
			checkCut(t, base, all, cut, sealed)
		}
	}
	t.Logf("%d truncations", cases)
}

func checkCut(t *testing.T, w *segWriter, all [][]byte, cut int, sealed bool) {
	t.Helper()
	dir := stateDir(t)
	defer os.RemoveAll(dir)
	path := w.save(t, dir)
	if err := os.Truncate(path, int64(cut)); err != nil {
		t.Fatal(err)
	}
	after := writerFor(testID, 0x200000, 64<<10)
	more := mixed(after, 3)
	after.save(t, dir)
	var want []string
	for i, p := range w.pos {
		if p.end <= cut {
			want = append(want, string(all[i]))
		}
	}
	r := recoverTest(t, dir)
	equal(t, r.payloads(t), append(want, texts(more...)...))
	lost := uint64(len(all) - len(want))
	if sealed && len(want) > 0 && r.report.Lost != lost {
		t.Fatalf("cut at %d: %d records lost, reported %d", cut, lost, r.report.Lost)
	}
	if again := recoverTest(t, dir); again.report.Scanned != 0 || again.report.Records != r.report.Records {
		t.Fatalf("cut at %d: the second recovery reports %+v after %+v", cut, again.report, r.report)
	}
}

func TestOneFlippedBitCostsAtMostItsOwnRecord(t *testing.T) {
	n := 300
	if full() {
		n = 10000
	}
	rng := rand.New(rand.NewPCG(3, 4))
	sum := map[string]int{}
	for range n {
		where := flipOne(t, rng)
		sum[where]++
	}
	t.Logf("flips %v", sum)
}

func flipOne(t *testing.T, rng *rand.Rand) string {
	t.Helper()
	dir := stateDir(t)
	defer os.RemoveAll(dir)
	w := writerFor(testID, 0x100000, 64<<10)
	all := mixed(w, 150)
	w.pad()
	w.hint(w.pos[100].off)
	if rng.IntN(2) == 0 {
		w.seal()
	}
	at := rng.IntN(w.off + 64)
	if rng.IntN(4) == 0 {
		at = rng.IntN(2048)
	}
	w.b[at] ^= 1 << rng.IntN(8)
	w.save(t, dir)
	r := recoverTest(t, dir)
	where, want := "header page", texts(all...)
	for i, p := range w.pos {
		switch {
		case at >= p.off && at < p.end:
			where, want = "record", slices.Delete(slices.Clone(want), i, i+1)
		case at >= p.end && at < (p.end+7)&^7:
			where = "zero pad"
		}
	}
	if at >= w.off {
		where = "filler"
	}
	equal(t, r.payloads(t), want)
	lost := uint64(len(all) - len(want))
	if r.report.Scanned == 1 && r.report.Lost != lost {
		t.Fatalf("flip in %s at %d: %d lost, reported %d", where, at, lost, r.report.Lost)
	}
	if lost == 1 && r.report.Scanned == 1 && len(quarantined(t, dir)) != 2 {
		t.Fatalf("flip in %s at %d: quarantine %v", where, at, quarantined(t, dir))
	}
	return where
}

func TestMovedPagesCostOnlyTheRecordsTheyCover(t *testing.T) {
	const page = 4096
	base := writerFor(testID, 0x100000, 64<<10)
	all := mixed(base, 200)
	for _, c := range []struct {
		name   string
		change func(b []byte)
		spoilt [][2]int
	}{
		{"zeroed", func(b []byte) { clear(b[3*page : 4*page]) }, [][2]int{{3 * page, 4 * page}}},
		{"duplicated", func(b []byte) { copy(b[5*page:6*page], b[3*page:]) }, [][2]int{{5 * page, 6 * page}}},
		{"swapped", func(b []byte) {
			p := slices.Clone(b[3*page : 4*page])
			copy(b[3*page:4*page], b[6*page:])
			copy(b[6*page:7*page], p)
		}, [][2]int{{3 * page, 4 * page}, {6 * page, 7 * page}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := stateDir(t)
			w := *base
			w.b = slices.Clone(base.b)
			c.change(w.b)
			w.save(t, dir)
			var want []string
			for i, p := range w.pos {
				touched := false
				for _, s := range c.spoilt {
					touched = touched || p.off < s[1] && (p.end+7)&^7 > s[0]
				}
				if !touched {
					want = append(want, string(all[i]))
				}
			}
			r := recoverTest(t, dir)
			equal(t, r.payloads(t), want)
			if missing := uint64(len(all) - len(want)); r.report.Lost+r.report.Unfinished != missing {
				t.Errorf("%d missing, reported %+v", missing, r.report)
			}
		})
	}
}

func TestDamagedFillerCostsNoRecord(t *testing.T) {
	for bit := range 8 * recordHeader {
		w := writerFor(testID, 0x100000, 64<<10)
		all := mixed(w, 20)
		w.pad()
		w.b[w.off+bit/8] ^= 1 << (bit % 8)
		dir := stateDir(t)
		w.save(t, dir)
		r := recoverTest(t, dir)
		equal(t, r.payloads(t), texts(all...))
		if r.report.Lost != 0 {
			t.Errorf("bit %d: %d reported as lost", bit, r.report.Lost)
		}
	}
}

func TestCutOffWriteIsNoLossUnlessTheDeviceHadIt(t *testing.T) {
	for _, durable := range []bool{false, true} {
		w := writerFor(testID, 0x100000, 64<<10)
		w.add(payloadOf(0, 100))
		w.add(payloadOf(1, 9000)) // the kernel had copied one page of it
		clear(w.b[2*4096 : w.off])
		w.add(payloadOf(2, 100))
		if durable {
			w.hint(w.off)
		}
		dir := stateDir(t)
		w.save(t, dir)
		r := recoverTest(t, dir)
		equal(t, r.payloads(t), texts(payloadOf(0, 100), payloadOf(2, 100)))
		if lost := r.report.Lost == 1; lost != durable || r.report.Lost+r.report.Unfinished != 1 || r.has(EventCorruption) != durable {
			t.Errorf("durable %v: %+v, events %v", durable, r.report, r.events)
		}
	}
}

func TestForeignAndMisplacedSegmentsAreNotRead(t *testing.T) {
	dir := stateDir(t)
	w := writerFor(testID, 0x100000, 64<<10)
	all := mixed(w, 10)
	w.save(t, dir)
	foreign := writerFor([16]byte{9}, 0x200000, 64<<10)
	mixed(foreign, 4)
	foreign.save(t, dir)
	copied := segmentPath(dir, 0x300000)
	if err := os.WriteFile(copied, w.b, 0o600); err != nil {
		t.Fatal(err)
	}
	r := recoverTest(t, dir)
	equal(t, r.payloads(t), texts(all...))
	if got := quarantined(t, dir); len(got) != 2 || r.report.SetAside != 2 {
		t.Errorf("quarantine %v, report %+v", got, r.report)
	}
	if r.nextBase < 0x310000 {
		t.Errorf("positions of rejected files are used again: %#x", r.nextBase)
	}
}

func TestRenamedSegmentGetsItsNameBack(t *testing.T) {
	dir := stateDir(t)
	w := writerFor(testID, 0x100000, 64<<10)
	all := mixed(w, 10)
	if err := os.Rename(w.save(t, dir), segmentPath(dir, 0x700000)); err != nil {
		t.Fatal(err)
	}
	r := recoverTest(t, dir)
	equal(t, r.payloads(t), texts(all...))
	if _, err := os.Stat(segmentPath(dir, 0x100000)); err != nil {
		t.Error(err)
	}
}

func TestStrangeFilesDoNotKeepItFromStarting(t *testing.T) {
	dir := stateDir(t)
	var want []string
	for n := range 4 {
		w := writerFor(testID, uint64(n+1)<<20, 64<<10)
		all := mixed(w, 10+n)
		w.seal()
		path := w.save(t, dir)
		if n == 0 || n == 2 { // the first and one in the middle are deleted
			os.Remove(path)
			continue
		}
		want = append(want, texts(all...)...)
	}
	os.WriteFile(segmentPath(dir, 0x900000), nil, 0o600)
	os.WriteFile(segmentPath(dir, 0xa00000), []byte{7}, 0o600)
	os.WriteFile(segmentPath(dir, 0xffffffffff000000), []byte("x"), 0o600)
	os.WriteFile(filepath.Join(dir, "x.seg"), []byte("x"), 0o600)
	os.Mkdir(segmentPath(dir, 0xb00000), 0o700)
	os.Symlink("/etc/passwd", segmentPath(dir, 0xc00000))
	r := recoverTest(t, dir)
	equal(t, r.payloads(t), want)
	if r.nextBase < 0xc00000+maxSegmentSize || r.nextBase > 0x4000000 {
		t.Errorf("next base %#x", r.nextBase)
	}
	if got := quarantined(t, dir); !slices.Equal(got, []string{"0000000000a00000.seg"}) {
		t.Errorf("quarantine %v", got)
	}
	if _, err := os.Readlink(segmentPath(dir, 0xc00000)); err != nil {
		t.Error("the symbolic link is gone")
	}
}

func TestDamagedHeaderPageCostsNoRecord(t *testing.T) {
	for _, lost := range []bool{false, true} {
		dir := stateDir(t)
		w := writerFor(testID, 0x100000, 64<<10)
		all := mixed(w, 20)
		clear(w.b[:4096])
		w.save(t, dir)
		other := writerFor(testID, 0x200000, 64<<10)
		more := mixed(other, 5)
		other.seal()
		other.save(t, dir)
		if lost {
			os.Remove(filepath.Join(dir, journalFileName))
		}
		r := recoverTest(t, dir)
		equal(t, r.payloads(t), append(texts(all...), texts(more...)...))
		if lost == (r.identity.id == testID) || !r.identity.knows(testID) {
			t.Errorf("lost %v: id %x, former %x", lost, r.identity.id, r.identity.body.Former)
		}
		again := recoverTest(t, dir)
		if again.report.Scanned != 0 {
			t.Error("the header was not written anew")
		}
	}
}

func TestRecoveryEndsOnLyingLengths(t *testing.T) {
	w := writerFor(testID, 0, 1<<20)
	for off := 4096; off+16 <= len(w.b); off += 16 { // each says that it is the first record, and as long as can be
		left := uint64(len(w.b) - off)
		w.b[off], w.b[off+1], w.b[off+2], w.b[off+3] = byte(left), byte(left>>8), byte(left>>16), byte(left>>24)
		w.b[off+4], w.b[off+12] = 1, 1
	}
	sc := newScan(bytes.NewReader(w.b), saltOf(testID, 0), 0, 1<<20, 1<<20, headerPage)
	for it := sc.next(); it.kind != scanEnd; it = sc.next() {
		if it.kind == scanRecord {
			t.Fatal("a record out of nothing")
		}
	}
	if tried := int64(1<<20)*vainFactor + windowBytes - sc.work; sc.work > 0 || tried > 2*vainFactor<<20 {
		t.Errorf("%d bytes were checksummed in vain", tried)
	}
}

func TestUnreadablePagesCostOnlyTheirRecords(t *testing.T) {
	w := writerFor(testID, 0, 256<<10)
	all := mixed(w, 500)
	r := &holeyReader{b: w.b, from: 9 * 4096, to: 11 * 4096}
	sc := newScan(r, saltOf(testID, 0), 0, uint64(len(w.b)), uint64(len(w.b)), headerPage)
	var got []string
	for it := sc.next(); it.kind != scanEnd; it = sc.next() {
		if it.kind == scanRecord {
			got = append(got, string(w.b[it.off+16:it.off+it.word&lengthMask]))
		}
	}
	equal(t, got, intact(w, all, r.from, r.to))
}

// holeyReader gives no byte of some pages.
type holeyReader struct {
	b        []byte
	from, to int
}

func (r *holeyReader) ReadAt(p []byte, off int64) (int, error) {
	if int(off) < r.to && int(off)+len(p) > r.from {
		return 0, fmt.Errorf("input/output error")
	}
	return bytes.NewReader(r.b).ReadAt(p, off)
}

func TestJournalOfAnUnknownVersionIsSetAside(t *testing.T) {
	dir := stateDir(t)
	w := writerFor(testID, 0x100000, 64<<10)
	mixed(w, 5)
	w.save(t, dir)
	path := filepath.Join(dir, journalFileName)
	b, _ := os.ReadFile(path)
	b[8] = 2
	putCRC(b)
	os.WriteFile(path, b, 0o600)
	r := recoverTest(t, dir)
	if len(r.segments) != 0 || !r.has(EventSetAside) || r.identity.id == testID {
		t.Errorf("%d segments, events %v", len(r.segments), r.events)
	}
	aside := filesIn(t, filepath.Join(dir, "unknown-version-2-1"))
	if !slices.Equal(aside, []string{"0000000000100000.seg", "JOURNAL"}) {
		t.Errorf("set aside %v", aside)
	}
	if r := recoverTest(t, dir); r.has(EventSetAside) || r.known == nil {
		t.Error("it is set aside again")
	}
}

func putCRC(b []byte) {
	c := crcOf(b[:508])
	b[508], b[509], b[510], b[511] = byte(c), byte(c>>8), byte(c>>16), byte(c>>24)
}

func TestSegmentOfAnUnknownVersionIsNeverDeleted(t *testing.T) {
	dir := stateDir(t)
	w := writerFor(testID, 0x100000, 64<<10)
	mixed(w, 5)
	w.b[8] = 3
	putCRC(w.b)
	w.save(t, dir)
	r := recoverTest(t, dir)
	kept, err := os.ReadFile(filepath.Join(dir, "unknown-version-3-1", "0000000000100000.seg"))
	if err != nil || !bytes.Equal(kept, w.b) || !r.has(EventSetAside) {
		t.Errorf("%v, events %v", err, r.events)
	}
}

func TestGoldenSegmentsOfVersion1AreRead(t *testing.T) {
	id := [16]byte{0xa, 0xb}
	w := writerFor(id, 0x4000000, 64<<10)
	w.b[64], w.b[65], w.b[66], w.b[67], w.b[68], w.b[69], w.b[70], w.b[71] = 1, 0, 0, 0, 0, 0, 0, 0 // boot
	putCRC(w.b)
	w.claimed(24, 9)
	w.put(1, 3, 0x1234, payloadOf(0, 40))
	w.vanished(3)
	w.put(1, 255, 0xffff, payloadOf(1, 333))
	w.put(4, 7, 1, append(bytes.Repeat([]byte{1}, 16), payloadOf(2, 20)...))
	w.hint(w.off)
	path := filepath.Join("testdata", "v1", "0000000004000000.seg")
	if os.Getenv("HYDRA_GOLDEN") == "write" {
		os.MkdirAll(filepath.Dir(path), 0o755)
		os.WriteFile(path, w.b[:8192], 0o644)
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(golden, w.b[:8192]) {
		t.Fatal("the test's writer and the golden file differ")
	}
	f, err := vfs.OS{}.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	x, err := examine(f, 0x4000000, &identity{id: id})
	if err != nil || !x.headerOK || x.hint != uint64(w.off) || x.size != 64<<10 {
		t.Fatalf("%+v, %v", x, err)
	}
	var got []string
	sc := newScan(f, saltOf(id, x.base), x.base, x.size, uint64(x.fileSize), headerPage)
	for it := sc.next(); it.kind != scanEnd; it = sc.next() {
		got = append(got, fmt.Sprintf("%d@%d+%d %x missing %d", it.kind, it.off, it.length, it.header, it.missing))
	}
	want := "2@4096+40 0 missing 0|1@4136+56 1234030100000001 missing 1|2@4192+24 0 missing 0|1@4216+352 ffffff0100000003 missing 1|1@4568+56 1070400000004 missing 0"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
}
