package filedest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/destinationtest"
)

// TestDriverThatRotatesKeepsTheRules runs the kit with limits that split nearly every batch, with and without compression.
func TestDriverThatRotatesKeepsTheRules(t *testing.T) {
	for _, r := range []Rotation{{MaxSize: int64(fullSize(1000, 100))}, {MaxSize: 5000, Compress: "gzip"}} {
		t.Run(fmt.Sprintf("%d%s", r.MaxSize, r.Compress), func(t *testing.T) {
			destinationtest.Run(t, func(t *testing.T) destinationtest.Harness { return rotatingHarness(t, r) })
		})
	}
}

func rotatingHarness(t *testing.T, r Rotation) destinationtest.Harness {
	dir := filepath.Join(t.TempDir(), "logs")
	path := filepath.Join(dir, "app.log")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	open := func() *Driver {
		d, err := New(Options{Path: path, Rotation: &r})
		must(err)
		return d
	}
	d := open()
	return destinationtest.Harness{
		Driver: d,
		Received: func() []byte {
			d.Settled()
			eventually(t, "all is compressed", func() bool {
				return r.Compress == "" || !strings.Contains(strings.Join(rotated(t, path), "\n")+"\n", ".log\n")
			})
			return []byte(strings.Join(contents(t, path), ""))
		},
		Break: func() func() {
			must(os.Rename(dir, dir+".away"))
			must(os.WriteFile(dir, nil, 0o600))
			must(d.Reopen())
			return func() {
				must(os.Remove(dir))
				must(os.Rename(dir+".away", dir))
			}
		},
		Move: func() { must(os.Rename(dir, dir+".away")) },
		Next: func() destination.Driver {
			must(d.Close(context.Background()))
			d = open()
			return d
		},
		Cut: func(n int) { // off the last files
			files := append(rotated(t, path), path)
			for i := len(files) - 1; n > 0; i-- {
				info, err := os.Stat(files[i])
				must(err)
				less := min(int64(n), info.Size())
				must(os.Truncate(files[i], info.Size()-less))
				n -= int(less)
			}
		},
	}
}
