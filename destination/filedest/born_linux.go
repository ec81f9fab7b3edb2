package filedest

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// born is when a file was made, or, where the file system does not know, when it was last written.
func born(f *os.File) time.Time {
	var st unix.Statx_t
	err := unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, unix.STATX_BTIME, &st)
	if err == nil && st.Mask&unix.STATX_BTIME != 0 {
		return time.Unix(st.Btime.Sec, int64(st.Btime.Nsec))
	}
	return written(f)
}
