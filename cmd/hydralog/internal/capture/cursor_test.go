package capture

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func newCursor(t *testing.T) (string, *Cursor) {
	t.Helper()
	dir := t.TempDir()
	return dir, reopen(t, dir)
}

func reopen(t *testing.T, dir string) *Cursor {
	t.Helper()
	c, err := openCursor(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.close() })
	return c
}

func batch(stream int, ends ...int64) *Intent {
	in := &Intent{Stream: stream, Journal: "p-12-ab", End: ends[len(ends)-1] + 1}
	for _, end := range ends {
		in.Entries = append(in.Entries, Entry{End: end, Key: uint64(end) + 1000})
	}
	return in
}

func accept(t *testing.T, c *Cursor, in *Intent, n int) {
	t.Helper()
	if err := c.Begin(in); err != nil {
		t.Fatal(err)
	}
	if err := c.Commit(in, n); err != nil {
		t.Fatal(err)
	}
}

func TestCursorIsFoundAgain(t *testing.T) {
	dir, c := newCursor(t)
	accept(t, c, batch(0, 10, 20, 30), 3)
	accept(t, c, batch(1, 5), 1)
	want := Place{Sequence: 2, Position: [Streams]int64{31, 6}, Records: 4, Last: 1005}
	if got := reopen(t, dir).Place(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if in := reopen(t, dir).Open(); in != nil {
		t.Errorf("an intent that was confirmed is open: %+v", in)
	}
}

func TestIntentWithoutCursorIsOpen(t *testing.T) {
	dir, c := newCursor(t)
	accept(t, c, batch(0, 10), 1)
	in := batch(0, 20, 30)
	in.Before = 1010
	if err := c.Begin(in); err != nil {
		t.Fatal(err)
	}
	c2 := reopen(t, dir)
	got := c2.Open()
	if !reflect.DeepEqual(got, in) {
		t.Fatalf("%+v, want %+v", got, in)
	}
	if err := c2.Commit(got, 1); err != nil {
		t.Fatal(err)
	}
	if got := reopen(t, dir).Place(); got.Position[0] != 20 || got.Records != 2 || got.Last != 1020 {
		t.Errorf("%+v", got)
	}
}

func TestTornSlotFallsBackToTheOther(t *testing.T) {
	dir, c := newCursor(t)
	accept(t, c, batch(0, 10), 1)
	accept(t, c, batch(0, 20), 1)
	f, err := os.OpenFile(filepath.Join(dir, "cursor"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte{0xff}, 20); err != nil { // sequence 2 is in the first slot
		t.Fatal(err)
	}
	c2 := reopen(t, dir)
	if got := c2.Place(); got.Sequence != 1 || got.Position[0] != 11 {
		t.Errorf("%+v", got)
	}
	if in := c2.Open(); in == nil || in.Entries[0].End != 20 {
		t.Errorf("the batch behind it is not open: %+v", in)
	}
}

func TestAcceptedPartOfABatchIsFoundAtTheEndOfTheJournal(t *testing.T) {
	for _, c := range []struct {
		name    string
		before  uint64
		entries []uint64
		journal []uint64
		want    int
	}{
		{"nothing accepted", 9, []uint64{1, 2, 3}, []uint64{7, 8, 9}, 0},
		{"a part", 9, []uint64{1, 2, 3}, []uint64{8, 9, 1, 2}, 2},
		{"all", 9, []uint64{1, 2, 3}, []uint64{9, 1, 2, 3}, 3},
		{"older records gone", 9, []uint64{1, 2, 3}, []uint64{2, 3}, 3},
		{"older records gone, a part", 9, []uint64{1, 2, 3}, []uint64{2}, 2},
		{"journal empty", 9, []uint64{1, 2, 3}, nil, 0},
		{"first batch, nothing", 0, []uint64{1, 2, 3}, []uint64{7}, 0},
		{"first batch, a part", 0, []uint64{1, 2, 3}, []uint64{7, 1, 2}, 2},
		{"first batch, empty journal", 0, []uint64{1, 2, 3}, nil, 0},
		{"first batch, all", 0, []uint64{1, 2, 3}, []uint64{1, 2, 3}, 3},
		{"same lines, told apart by what was before", 5, []uint64{1, 1, 1}, []uint64{5, 1, 1}, 2},
		{"same lines as before: rather twice than never", 1, []uint64{1, 1, 1}, []uint64{5, 1, 1}, 0},
		{"foreign record behind", 9, []uint64{1, 2, 3}, []uint64{9, 1, 2, 77}, 0},
		{"empty batch", 9, nil, []uint64{9}, 0},
	} {
		in := &Intent{Before: c.before}
		for _, k := range c.entries {
			in.Entries = append(in.Entries, Entry{Key: k})
		}
		if got := in.Accepted(c.journal); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func FuzzDecodeIntent(f *testing.F) {
	in := batch(1, 10, 20)
	f.Add(encodeIntent(nil, in))
	f.Add([]byte("HLI1"))
	f.Add(bytes.Repeat([]byte{0xff}, 200))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := decodeIntent(b)
		if in == nil {
			return
		}
		again := decodeIntent(encodeIntent(nil, in))
		if !reflect.DeepEqual(again, in) {
			t.Errorf("%+v became %+v", in, again)
		}
	})
}
