package journal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/internal/vfs"
)

func openTestCursor(t testing.TB, dir, name string) (*cursorFile, bool) {
	t.Helper()
	c, found, err := openCursorFile(vfs.OS{}, dir, name, 9)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.file.Close() })
	return c, found
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// storedTwice returns a directory with a cursor that was stored at 100 and then at 200, and its file.
func storedTwice(t testing.TB) (dir, path string) {
	dir = stateDir(t)
	c, found := openTestCursor(t, dir, "d")
	if found {
		t.Fatal("a cursor out of nothing")
	}
	c.bind(testID)
	must(t, c.store(100))
	must(t, c.store(200))
	must(t, c.close(false))
	return dir, c.path
}

func TestCursorComesBackAsItWasStored(t *testing.T) {
	dir := stateDir(t)
	c, _ := openTestCursor(t, dir, "d")
	c.bind(testID)
	c.count(5, 1)
	must(t, c.store(100))
	must(t, c.intent(300, []byte("inode 7, length 9")))
	must(t, c.sync())
	must(t, c.close(false))

	c, found := openTestCursor(t, dir, "d")
	end, state := c.pendingIntent()
	if !found || c.cur.acked != 100 || c.cur.id != testID || c.cur.hash != 9 || c.cur.delivered != 5 || c.cur.dropped != 1 {
		t.Errorf("found %v, %+v", found, c.cur)
	}
	if end != 300 || string(state) != "inode 7, length 9" {
		t.Errorf("intent %d %q", end, state)
	}
	must(t, c.store(300))
	if end, state := c.pendingIntent(); end != 0 || state != nil {
		t.Errorf("the acknowledged intent is pending: %d %q", end, state)
	}
	if err := c.intent(400, make([]byte, 65)); err == nil {
		t.Error("65 bytes of state are accepted")
	}
	must(t, c.close(true))
	if got := filesIn(t, filepath.Join(dir, cursorDir)); len(got) != 0 {
		t.Errorf("left %v", got)
	}
}

func TestTornCursorWriteLeavesTheOneBefore(t *testing.T) {
	for cut := range sectorLn {
		dir, path := storedTwice(t)
		f := &vfs.Fault{FS: vfs.OS{}}
		c, _, err := openCursorFile(f, dir, "d", 9)
		must(t, err)
		before, err := os.ReadFile(path)
		must(t, err)
		must(t, c.store(300))
		must(t, c.close(false))
		after, err := os.ReadFile(path)
		must(t, err)
		slot := c.slot * cursorSlot
		copy(before[slot:], after[slot:slot+cut]) // the new bytes up to cut, the old ones behind
		must(t, os.WriteFile(path, before, 0o600))
		c, found := openTestCursor(t, dir, "d")
		if want := uint64(200); !found || c.cur.acked != want && (c.cur.acked != 300 || !bytes.Equal(before, after)) {
			t.Fatalf("cut at %d: found %v, acked %d", cut, found, c.cur.acked)
		}
		must(t, c.store(400))
		must(t, c.file.Close())
		if c, _ := openTestCursor(t, dir, "d"); c.cur.acked != 400 {
			t.Fatalf("cut at %d: 400 stored, %d read", cut, c.cur.acked)
		}
		os.RemoveAll(dir)
	}
}

func TestFailedCursorWriteIsTriedOnTheSameSlot(t *testing.T) {
	dir, _ := storedTwice(t)
	f := &vfs.Fault{FS: vfs.OS{}}
	c, _, err := openCursorFile(f, dir, "d", 9)
	must(t, err)
	f.Fail("write", 1, os.ErrPermission)
	if c.store(300) == nil {
		t.Fatal("a failed write is no error")
	}
	if c.cur.acked != 200 {
		t.Errorf("a failed write moved the cursor to %d", c.cur.acked)
	}
	if d, _ := openTestCursor(t, dir, "d"); d.cur.acked != 200 {
		t.Errorf("the file says %d", d.cur.acked)
	}
	must(t, c.store(300))
	if d, _ := openTestCursor(t, dir, "d"); d.cur.acked != 300 {
		t.Errorf("the file says %d after the second try", d.cur.acked)
	}
}

func TestDamagedCursorsRedeliverAndNeverLose(t *testing.T) {
	flip := func(slots ...int) func(string) {
		return func(path string) {
			b, err := os.ReadFile(path)
			must(t, err)
			for _, s := range slots {
				b[s*cursorSlot+50] ^= 16
			}
			must(t, os.WriteFile(path, b, 0o600))
		}
	}
	for _, c := range []struct {
		name   string
		damage func(path string)
		acked  uint64 // 0: no cursor
	}{
		{"none", func(string) {}, 200},
		{"older slot", flip(0), 200},
		{"newer slot", flip(1), 100},
		{"both slots", flip(0, 1), 0},
		{"missing", func(path string) { os.Remove(path) }, 0},
		{"empty", func(path string) { os.Truncate(path, 0) }, 0},
		{"second slot cut off", func(path string) { os.Truncate(path, cursorSlot) }, 100},
		{"one byte", func(path string) { os.Truncate(path, 1) }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, path := storedTwice(t)
			c.damage(path)
			r := recoverTest(t, dir)
			if got, found := r.cursors[destinationKey{"d", 9}]; found != (c.acked != 0) || got.acked != c.acked {
				t.Errorf("cursor %+v, %v", got, found)
			}
			if r.known["d"] != 9 {
				t.Error("the destination is not known any more, so that it would start at the newest record")
			}
			cur, found := openTestCursor(t, dir, "d")
			if found != (c.acked != 0) {
				t.Errorf("found %v", found)
			}
			if size, err := cur.file.Size(); err != nil || size != cursorBytes {
				t.Errorf("size %d, %v", size, err)
			}
		})
	}
}

func TestCursorOfAnotherJournalIsNotBelieved(t *testing.T) {
	dir := stateDir(t)
	c, _ := openTestCursor(t, dir, "d")
	c.bind([16]byte{7})
	must(t, c.store(1<<40))
	r := recoverTest(t, dir)
	if len(r.cursors) != 0 || r.nextBase > 1<<40 || len(quarantined(t, dir)) != 1 {
		t.Errorf("cursors %v, next %#x", r.cursors, r.nextBase)
	}
}

func TestPositionsAreNotUsedAgainWhenACursorSurvivesItsRecords(t *testing.T) {
	dir := stateDir(t)
	w := writerFor(testID, 0x100000, 64<<10)
	mixed(w, 3)
	w.save(t, dir)
	c, _ := openTestCursor(t, dir, "d")
	c.bind(testID)
	must(t, c.store(0x9100000))
	must(t, c.intent(0x9200000, nil))
	if r := recoverTest(t, dir); r.nextBase < 0x9200000+maxSegmentSize {
		t.Errorf("the next segment begins at %#x", r.nextBase)
	}
}

func TestClampedCursorsSayWhatTheySkip(t *testing.T) {
	for _, c := range []struct{ acked, oldest, pos, skipped uint64 }{{100, 50, 100, 0}, {50, 100, 100, 50}, {1 << 50, 100, 1 << 50, 0}} {
		if pos, skipped := clampCursor(c.acked, c.oldest); pos != c.pos || skipped != c.skipped {
			t.Errorf("%+v: %d, %d", c, pos, skipped)
		}
	}
}

func TestCursorFilesOfAllNamesAreTheirOwn(t *testing.T) {
	dir := stateDir(t)
	names := []string{"a", "A b", "a/b", "../x", "ä", "a%2fb", "CON", strings.Repeat("long/", 50), strings.Repeat("long/", 50) + "2"}
	for i, name := range names {
		c, _ := openTestCursor(t, dir, name)
		c.bind(testID)
		must(t, c.store(uint64(i+1)))
	}
	found, damaged, err := readCursors(vfs.OS{}, dir)
	if err != nil || len(damaged) != 0 || len(found) != len(names) {
		t.Fatalf("%d found, damaged %v, %v", len(found), damaged, err)
	}
	for i, name := range names {
		if found[destinationKey{name, 9}].acked != uint64(i+1) {
			t.Errorf("%q: %+v", name, found[destinationKey{name, 9}])
		}
	}
	if _, _, err := openCursorFile(vfs.OS{}, dir, strings.Repeat("x", 256), 9); err == nil {
		t.Error("a name of 256 bytes is accepted")
	}
}

func TestGoldenCursorOfVersion1IsRead(t *testing.T) {
	b := make([]byte, 512)
	copy(b, "LOGJCURS\x01\x00\x04\x00\x03\x00")
	for off, v := range map[int]uint64{16: 7, 40: 8, 48: 9, 56: 10, 64: 11, 72: 12, 80: 13} {
		binary.LittleEndian.PutUint64(b[off:], v)
	}
	copy(b[24:], testID[:])
	copy(b[88:], "abc")
	copy(b[152:], "file")
	putCRC(b)
	checkGolden(t, "file.cur", b)
	c, ok := parseCursor(b)
	got := fmt.Sprintf("%+v", c)
	want := fmt.Sprintf("%+v", cursor{7, testID, 8, 9, 10, []byte("abc"), 11, 12, 13, "file"})
	if !ok || got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	b[8] = 2
	putCRC(b)
	if _, ok := parseCursor(b); ok {
		t.Error("a slot of version 2 is believed")
	}
}

// checkGolden compares b with a file of version 1, which every later version must read.
func checkGolden(t *testing.T, name string, b []byte) {
	t.Helper()
	path := filepath.Join("testdata", "v1", name)
	if os.Getenv("HYDRA_GOLDEN") == "write" {
		must(t, os.WriteFile(path, b, 0o644))
	}
	golden, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Equal(golden, b) {
		t.Fatalf("%s differs from what the test makes", name)
	}
}
