package journal

import (
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/hydra-logger/hydra/internal/vfs"
)

const cursorDir = "cur"

type dirState struct{}

func makeDir(fs vfs.FS, dir string, perm os.FileMode) error {
	err := fs.Mkdir(dir, perm)
	if errors.Is(err, os.ErrNotExist) {
		if err := makeDir(fs, filepath.Dir(dir), perm); err != nil {
			return err
		}
		err = fs.Mkdir(dir, perm)
	}
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	return err
}

func hashText(s string) uint64 { return uint64(crc32.ChecksumIEEE([]byte(s))) }
