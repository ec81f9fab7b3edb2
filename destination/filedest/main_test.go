package filedest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/internal/leak"
)

func TestMain(m *testing.M) {
	crashMain()
	if len(os.Args) > 2 && os.Args[1] == limitedChild {
		os.Exit(writeBeyondLimit(os.Args[2]))
	}
	leak.Main(m)
}

func newDriver(t *testing.T, path string) *Driver {
	t.Helper()
	d, err := New(Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close(context.Background()) })
	return d
}

func inTemp(t *testing.T) string { return filepath.Join(t.TempDir(), "app.log") }

func batchOf(attempt int, lines ...string) *destination.Batch {
	b := &destination.Batch{Attempt: attempt}
	for _, l := range lines {
		start := len(b.Data)
		b.Data = append(append(b.Data, l...), '\n')
		b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data)})
	}
	return b
}

func deliver(t *testing.T, d *Driver, lines ...string) {
	t.Helper()
	if err := d.Deliver(context.Background(), batchOf(1, lines...)); err != nil {
		t.Fatal(err)
	}
}

func wantFile(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s holds %s, want %s", filepath.Base(path), brief(string(got)), brief(want))
	}
}

func brief(s string) string {
	if len(s) > 300 {
		return fmt.Sprintf("%d bytes %q … %q", len(s), s[:100], s[len(s)-100:])
	}
	return fmt.Sprintf("%q", s)
}

// numbered returns n lines of about size bytes each.
func numbered(n, size int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("%06d %s", i, strings.Repeat("x", max(size-8, 0)))
	}
	return lines
}

func text(lines []string) string { return strings.Join(lines, "\n") + "\n" }

// fullSize is quick, or full with HYDRA_FULL.
func fullSize(quick, full int) int {
	if os.Getenv("HYDRA_FULL") != "" {
		return full
	}
	return quick
}
