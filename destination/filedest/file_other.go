//go:build !unix

package filedest

import (
	"io/fs"
	"os"
)

func openAppend(path string, more int, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(path, more|os.O_RDWR|os.O_APPEND, mode)
}

// stateOf knows no identity here, so a batch that a crash cut in two is written again.
func stateOf(f *os.File) (fileState, error) {
	info, err := f.Stat()
	if err != nil {
		return fileState{}, err
	}
	return fileState{size: info.Size(), plain: info.Mode().IsRegular()}, nil
}

func idOf(string) (fileID, bool) { return fileID{}, false }
