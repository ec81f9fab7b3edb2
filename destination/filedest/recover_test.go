package filedest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// crashed returns the intent of a batch that is written to path up to the first cut bytes.
func crashed(t *testing.T, path, before string, lines []string, cut int) []byte {
	t.Helper()
	if err := os.WriteFile(path, []byte(before), 0o640); err != nil {
		t.Fatal(err)
	}
	d := newDriver(t, path)
	b := batchOf(1, lines...)
	state := append([]byte(nil), d.Intent(b)...)
	if len(state) == 0 {
		t.Fatal("no intent")
	}
	if len(state) > 64 {
		t.Fatalf("the intent has %d bytes, 64 are kept", len(state))
	}
	if err := d.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	appendTo(t, path, string(b.Data[:cut]))
	return state
}

func appendTo(t *testing.T, path, s string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(s); err != nil {
		t.Fatal(err)
	}
}

func TestBatchThatACrashCutAnywhereIsThereOnceAfterRecovery(t *testing.T) {
	path := inTemp(t)
	lines := []string{"first", "second line", "x", "last"}
	whole := text(lines)
	for cut := range len(whole) + 1 {
		state := crashed(t, path, "before\n", lines, cut)
		d := newDriver(t, path)
		delivered, err := d.Recover(state)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if delivered != (cut == len(whole)) {
			t.Errorf("cut at %d: delivered %v", cut, delivered)
		}
		if !delivered {
			deliver(t, d, lines...)
		}
		d.Close(context.Background())
		wantFile(t, path, "before\n"+whole)
	}
}

func TestRenamedFileIsRecovered(t *testing.T) {
	for _, cut := range []int{3, 6} {
		path := inTemp(t)
		state := crashed(t, path, "", []string{"a", "b", "c"}, cut)
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
		d := newDriver(t, path)
		delivered, err := d.Recover(state)
		if err != nil || delivered != (cut == 6) {
			t.Errorf("cut at %d: delivered %v, %v", cut, delivered, err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("recovery made a file")
		}
	}
}

func TestRecoveryLeavesAloneWhatItIsNotSureOf(t *testing.T) {
	lines := []string{"first", "second"}
	whole := text(lines)
	tests := []struct {
		name string
		then func(t *testing.T, path string)
		want string // of the file
	}{
		{"others wrote behind a part", func(t *testing.T, path string) {
			appendTo(t, path, "theirs, and long enough to reach beyond the batch\n")
		}, "before\nfirtheirs, and long enough to reach beyond the batch\n"},
		{"others wrote a little behind a part", func(t *testing.T, path string) {
			appendTo(t, path, "t\n")
		}, "before\nfirt\n"},
		{"others wrote in our place", func(t *testing.T, path string) {
			if err := os.Truncate(path, 7); err != nil {
				t.Fatal(err)
			}
			appendTo(t, path, "theirs.\n")
		}, "before\ntheirs.\n"},
		{"zeros after a power cut", func(t *testing.T, path string) {
			if err := os.Truncate(path, 7); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, int64(7+len(whole))); err != nil {
				t.Fatal(err)
			}
		}, "before\n" + strings.Repeat("\x00", len(whole))},
		{"emptied", func(t *testing.T, path string) {
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
		}, ""},
		{"replaced", func(t *testing.T, path string) {
			if err := os.WriteFile(path+".new", []byte("new\n"), 0o640); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		}, "new\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := inTemp(t)
			state := crashed(t, path, "before\n", lines, 3)
			tt.then(t, path)
			delivered, err := newDriver(t, path).Recover(state)
			if delivered || err == nil {
				t.Errorf("delivered %v, %v", delivered, err)
			}
			wantFile(t, path, tt.want)
		})
	}
}

func TestGoneFileIsReportedAndNotMade(t *testing.T) {
	path := inTemp(t)
	state := crashed(t, path, "", []string{"a"}, 1)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := newDriver(t, path).Recover(state); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("recovery made the file")
	}
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if _, err := newDriver(t, path).Recover(state); err == nil {
		t.Error("no error without the directory")
	}
}

func TestNothingIsCutWhileAnotherWriterHasTheFile(t *testing.T) {
	path := inTemp(t)
	state := crashed(t, path, "before\n", []string{"first", "second"}, 3)
	other := newDriver(t, path)
	other.mu.Lock()
	err := other.open() // announced, and nothing written yet
	other.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newDriver(t, path).Recover(state); err == nil {
		t.Error("no error")
	}
	wantFile(t, path, "before\nfir")
}

func FuzzIntent(f *testing.F) {
	in := intent{id: fileID{1, 2}, offset: 3, length: 4, crc: 5, first: 2, firstCRC: 7}
	var good [intentSize]byte
	in.encode(&good)
	f.Add(good[:])
	f.Add([]byte{})
	f.Add(make([]byte, intentSize))
	f.Fuzz(func(t *testing.T, b []byte) {
		in, err := parseIntent(b)
		if err != nil {
			return
		}
		var again [intentSize]byte
		if in.encode(&again); string(again[:]) != string(b) {
			t.Errorf("%x became %x", b, again)
		}
		path := inTemp(t)
		if err := os.WriteFile(path, []byte("keep me\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = newDriver(t, path).Recover(b)
		wantFile(t, path, "keep me\n")
	})
}
