package rotate

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func names(t *testing.T, dir, layout string, after bool) Names {
	t.Helper()
	n, err := NewNames(filepath.Join(dir, "app.log"), layout, after, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 5e6, time.UTC)

func TestNamesSayTheTimeAndAreKnownAgain(t *testing.T) {
	for _, tt := range []struct {
		layout string
		after  bool
		want   string
	}{
		{"", false, "app-20261124T120000.005Z.log"},
		{"", true, "app.log-20261124T120000.005Z"},
		{"2006-01-02", false, "app-2026-11-24.log"},
	} {
		n := names(t, t.TempDir(), tt.layout, tt.after)
		for counter := range 3 {
			name := n.name(noon, counter)
			if counter == 0 && name != tt.want {
				t.Errorf("got %s, want %s", name, tt.want)
			}
			for _, suffix := range []string{"", ".gz", ".zst"} {
				b, ok := n.parse(name + suffix)
				if !ok || b.Counter != counter || b.Compressed != (suffix != "") {
					t.Errorf("%s became %+v, %v", name+suffix, b, ok)
				}
			}
		}
	}
}

func TestOnlyExactNamesAreOurs(t *testing.T) {
	n := names(t, t.TempDir(), "", false)
	for _, name := range []string{
		"app.log", "app-.log", "app-20261124T120000.005Z.log.bak", "app-20261124T120000.005Z.0.log", "app-20261124T120000.005Z.01.log",
		"app-20261124T120000.005Z.log.gz.gz", "app-20261124T250000.005Z.log", "app-old.log", "xapp-20261124T120000.005Z.log",
		"app-20261124T120000.005Z.-1.log", ".app.log.rotation", "app-20261124T120000.005Z.log.gz.tmp", "app-20261124T120000.005+0100.log",
	} {
		if _, ok := n.parse(name); ok {
			t.Errorf("%s passes for ours", name)
		}
	}
}

func TestNameIsNeverUsedTwice(t *testing.T) {
	dir := t.TempDir()
	move := func() string {
		t.Helper()
		path, to := filepath.Join(dir, "app.log"), ""
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		n := names(t, dir, "2006-01-02", false) // of the next run
		if err := n.Move(path, noon, func(name string) { to = filepath.Base(name) }); err != nil {
			t.Fatal(err)
		}
		return to
	}
	for _, want := range []string{"app-2026-11-24.log", "app-2026-11-24.1.log"} {
		if got := move(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	last := filepath.Join(dir, "app-2026-11-24.1.log")
	if err := errors.Join(os.Rename(last, last+".gz"), os.Remove(filepath.Join(dir, "app-2026-11-24.log"))); err != nil { // as retention does
		t.Fatal(err)
	}
	if got := move(); got != "app-2026-11-24.2.log" {
		t.Errorf("got %s: it would sort before one that is older", got)
	}
}

func TestNameThatIsReservedIsNotOverwritten(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for _, p := range []string{from, to} {
		if err := os.WriteFile(p, []byte(filepath.Base(p)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, rename := range []func(from, to string) error{renameNew, renameReserved} {
		if err := rename(from, to); !errors.Is(err, fs.ErrExist) {
			t.Error(err)
		}
		if got, _ := os.ReadFile(to); string(got) != "b" {
			t.Errorf("it holds %q", got)
		}
		if err := rename(from, to+"2"); err != nil {
			t.Error(err)
		}
		if err := os.Rename(to+"2", from); err != nil {
			t.Error(err)
		}
	}
}

func TestLayoutsThatMakeNoNamesAreRefused(t *testing.T) {
	for _, layout := range []string{"app", "2006/01", "x"} {
		if _, err := NewNames("app.log", layout, false, time.UTC); err == nil {
			t.Errorf("%q is accepted", layout)
		}
	}
}

func FuzzNamesOfOthersAreNotOurs(f *testing.F) {
	f.Add("app-20261124T120000.005Z.1.log.gz")
	f.Add("app-.log")
	n, err := NewNames("/x/app.log", "", false, time.UTC)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name string) {
		b, ok := n.parse(name)
		if ok && name != n.name(b.Time, b.Counter) && !b.Compressed {
			t.Errorf("%q passes for ours, which is called %q", name, n.name(b.Time, b.Counter))
		}
	})
}

func TestADirectoryThatIsNotThereYetIsNoTrouble(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	j := &Janitor{o: JanitorOptions{Names: names(t, dir, "", false), Compress: Gzip, Keep: Keep{Backups: 3}, Now: time.Now}}
	if err := j.Clean(t.Context()); err != nil {
		t.Error(err)
	}
}
