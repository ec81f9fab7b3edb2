package feed

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hydra-logger/hydra/cmd/hydralog/internal/capture"
	"github.com/hydra-logger/hydra/journal"
	"github.com/hydra-logger/hydra/record"
)

// Settle moves the cursor of a directory behind what a hydralog that was killed had accepted already. Call it
// before the journal of the state directory is opened: then the records are still there.
func Settle(stateDir string, d *capture.Dir) error {
	in := d.Cursor.Open()
	if in == nil {
		return nil
	}
	keys, err := keysOf(stateDir, in.Journal)
	if err != nil {
		return fmt.Errorf("the last lines of %s may come twice: %w", d.Path, err)
	}
	return d.Cursor.Commit(in, in.Accepted(keys))
}

// keysKept bounds the memory for keys; a batch and what may lie behind it are far fewer.
const keysKept = 1 << 20

// keysOf returns the keys of the last records in one directory of journals.
func keysOf(stateDir, name string) ([]uint64, error) {
	dir := filepath.Join(stateDir, filepath.Clean("/"+name))
	behind := 0 // records of private directories, which Cat goes through after those of dir
	for _, sub := range privateDirs(dir) {
		n, err := countRecords(sub)
		if err != nil {
			return nil, err
		}
		behind += n
	}
	var keys []uint64
	err := journal.Cat(dir, func(e journal.Entry) error {
		var v record.View
		if v.Decode(e.Payload) != nil {
			return nil
		}
		if len(keys) == keysKept {
			keys = append(keys[:0], keys[keysKept/2:]...)
		}
		keys = append(keys, capture.Key(v.Time, v.Message))
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return keys[:max(len(keys)-behind, 0)], err
}

func privateDirs(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), "p-") {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}

func countRecords(dir string) (n int, err error) {
	err = journal.Cat(dir, func(e journal.Entry) error {
		var v record.View
		if v.Decode(e.Payload) == nil {
			n++
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	return n, err
}
