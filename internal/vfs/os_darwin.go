package vfs

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

const noFollow = unix.O_NOFOLLOW

func (f *osFile) allocate(size int64) error {
	st := unix.Fstore_t{Flags: unix.F_ALLOCATEALL, Posmode: unix.F_PEOFPOSMODE, Length: size}
	err := f.control("", func(fd int) error { return unix.FcntlFstore(uintptr(fd), unix.F_PREALLOCATE, &st) })
	if errors.Is(err, unix.ENOTSUP) {
		return errors.ErrUnsupported
	}
	if err != nil {
		return err
	}
	return f.f.Truncate(size)
}

// Sync uses os.File.Sync, which issues F_FULLFSYNC.
func (f *osFile) Sync() error { return f.f.Sync() }

func (f *osFile) Map(size int64) ([]byte, error) {
	mem, err := f.mmap(size)
	if err != nil {
		return nil, err
	}
	return f.mapped(mem, touch(mem))
}

func (f *osFile) Zero(size int64) error { return f.zeroFrom(0, size) }

func (f *osFile) Unmap(mem []byte) error { return unix.Munmap(mem) }

// Writeback is left to the system.
func (f *osFile) Writeback(off, n int64) error { return nil }

// DropCache is left to the system.
func (f *osFile) DropCache() error { return nil }

func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func usage(name string) (Usage, error) {
	var st unix.Statfs_t
	if err := retry(func() error { return unix.Statfs(name, &st) }); err != nil {
		return Usage{}, &fs.PathError{Op: "statfs", Path: name, Err: err}
	}
	kind := unix.ByteSliceToString(st.Fstypename[:])
	local := st.Flags&unix.MNT_LOCAL != 0
	return Usage{
		Total: int64(st.Blocks) * int64(st.Bsize), Free: int64(st.Bavail) * int64(st.Bsize),
		Kind: kind, MapSafe: local && (kind == "apfs" || kind == "hfs"), Survives: true,
	}, nil
}
