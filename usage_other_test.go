//go:build !unix

package hydra_test

import (
	"io/fs"
	"path/filepath"
	"testing"
	"time"
)

// cpuTime is not known here.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	return 0
}

// diskUse returns the bytes of the files below dir.
func diskUse(t *testing.T, dir string) int64 {
	t.Helper()
	var n int64
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		n += info.Size()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
