package filedest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/destinationtest"
)

func TestDriverKeepsTheRules(t *testing.T) {
	destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
		dir := filepath.Join(t.TempDir(), "logs")
		path := filepath.Join(dir, "app.log")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		open := func() *Driver {
			d, err := New(Options{Path: path})
			must(err)
			return d
		}
		d := open()
		return destinationtest.Harness{
			Driver: d,
			Received: func() []byte {
				data, err := os.ReadFile(path)
				if !errors.Is(err, fs.ErrNotExist) {
					must(err)
				}
				return data
			},
			Break: func() func() { // the directory is a file
				must(os.Rename(dir, dir+".away"))
				must(os.WriteFile(dir, nil, 0o600))
				must(d.Reopen())
				return func() {
					must(os.Remove(dir))
					must(os.Rename(dir+".away", dir))
				}
			},
			Move: func() { must(os.Rename(path, path+".1")) },
			Next: func() destination.Driver {
				must(d.Close(context.Background())) // its descriptors and locks end with the process
				d = open()
				return d
			},
			Cut: func(n int) {
				info, err := os.Stat(path)
				must(err)
				must(os.Truncate(path, info.Size()-int64(n)))
			},
		}
	})
}
