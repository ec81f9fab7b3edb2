package vfs

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const noFollow = unix.O_NOFOLLOW

// populateStep bounds how long one madvise holds the address space's lock.
const populateStep = 2 << 20

func (f *osFile) allocate(size int64) error {
	err := f.control("", func(fd int) error { return unix.Fallocate(fd, 0, 0, size) })
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return errors.ErrUnsupported
	}
	return err
}

func (f *osFile) Sync() error { return f.control("fdatasync", unix.Fdatasync) }

func (f *osFile) Map(size int64) ([]byte, error) {
	mem, err := f.mmap(size)
	if err != nil {
		return nil, err
	}
	return f.mapped(mem, populate(mem))
}

func populate(mem []byte) error {
	for off := 0; off < len(mem); off += populateStep {
		part := mem[off:min(off+populateStep, len(mem))]
		err := retry(func() error { return unix.Madvise(part, unix.MADV_POPULATE_WRITE) })
		if errors.Is(err, unix.EINVAL) { // before Linux 5.14
			err = touch(part)
		}
		if errors.Is(err, unix.EFAULT) {
			err = syscall.ENOSPC
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *osFile) Zero(size int64) error {
	iov := make([][]byte, 0, 64)
	off := int64(0)
	for off < size {
		iov = iov[:0]
		for left := size - off; left > 0 && len(iov) < cap(iov); left -= int64(len(zeros)) {
			iov = append(iov, zeros[:min(left, int64(len(zeros)))])
		}
		n := 0
		err := f.control("write", func(fd int) (err error) {
			n, err = unix.Pwritev(fd, iov, off)
			return err
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return f.zeroFrom(off, size)
		}
		off += int64(n)
	}
	return nil
}

func (f *osFile) Unmap(mem []byte) error { return unix.Munmap(mem) }

func (f *osFile) Writeback(off, n int64) error {
	return f.control("sync_file_range", func(fd int) error {
		return unix.SyncFileRange(fd, off, n, unix.SYNC_FILE_RANGE_WRITE)
	})
}

func (f *osFile) DropCache() error {
	return f.control("fadvise", func(fd int) error { return unix.Fadvise(fd, 0, 0, unix.FADV_DONTNEED) })
}

func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// fsKinds are the file systems that the journal knows by statfs magic.
var fsKinds = map[uint32]Usage{
	0xef53:     {Kind: "ext4", MapSafe: true, Survives: true},
	0x58465342: {Kind: "xfs", MapSafe: true, Survives: true},
	0xf2f52010: {Kind: "f2fs", MapSafe: true, Survives: true},
	0x01021994: {Kind: "tmpfs", MapSafe: true},
	0x858458f6: {Kind: "ramfs", MapSafe: true},
	0x794c7630: {Kind: "overlay", MapSafe: true},
	0x9123683e: {Kind: "btrfs", Survives: true},
	0x2fc12fc1: {Kind: "zfs", Survives: true},
	0xca451a4e: {Kind: "bcachefs", Survives: true},
	0x6969:     {Kind: "nfs", Survives: true},
	0xff534d42: {Kind: "cifs", Survives: true},
	0xfe534d42: {Kind: "smb2", Survives: true},
	0x01021997: {Kind: "9p", Survives: true},
	0x65735546: {Kind: "fuse", Survives: true},
	0x00c36400: {Kind: "ceph", Survives: true},
}

func usage(name string) (Usage, error) {
	var st unix.Statfs_t
	if err := retry(func() error { return unix.Statfs(name, &st) }); err != nil {
		return Usage{}, &fs.PathError{Op: "statfs", Path: name, Err: err}
	}
	u, known := fsKinds[uint32(st.Type)]
	if !known {
		u = Usage{Survives: true} // unknown: written to, not mapped
	}
	bs := int64(st.Bsize)
	if st.Frsize > 0 {
		bs = int64(st.Frsize)
	}
	u.Total, u.Free = int64(st.Blocks)*bs, int64(st.Bavail)*bs
	return u, nil
}
