package consoledest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/internal/leak"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == deafenedChild {
		os.Exit(writeToNobody())
	}
	leak.Main(m)
}

func newDriver(t *testing.T, f *os.File) *Driver {
	t.Helper()
	d, err := New(Options{File: f})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close(context.Background()) })
	return d
}

func batchOf(attempt int, lines ...string) *destination.Batch {
	b := &destination.Batch{Attempt: attempt}
	for _, l := range lines {
		start := len(b.Data)
		b.Data = append(append(b.Data, l...), '\n')
		b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data)})
	}
	return b
}

func TestStreamsHaveTheirNames(t *testing.T) {
	for stream, want := range map[string]string{"": "stdout", "stdout": "stdout", "stderr": "stderr"} {
		d, err := New(Options{Stream: stream})
		if err != nil || d.Describe() != want {
			t.Errorf("%q: %v, %v", stream, d, err)
		}
	}
	if _, err := New(Options{Stream: "stdin"}); err == nil || !strings.Contains(err.Error(), `"stdin"`) {
		t.Errorf("got %v", err)
	}
}

func TestRedirectedConsoleIsAppendedToAndStaysOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := newDriver(t, f)
	for _, l := range []string{"a", "b"} {
		if err := d.Deliver(context.Background(), batchOf(1, l)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := d.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.WriteString("still open\n"); err != nil {
		t.Error("Close closed what is not the driver's:", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "a\nb\nstill open\n" {
		t.Errorf("got %q", got)
	}
}
