package rotate

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// Compression is how rotated files are compressed.
type Compression string

// The compressions. gzip comes from the standard library, since nobody waits for it.
const (
	None Compression = ""
	Gzip Compression = "gzip"
	Zstd Compression = "zstd"
)

func (c Compression) suffix() string {
	if c == Zstd {
		return suffixZstd
	}
	return suffixGzip
}

// Origin is what an archive knows of the file that it was made from. It is in the archive itself, where gzip and
// zstd ignore it: in the extra field of RFC 1952, section 2.3.1.1, and in a skippable frame of RFC 8878, section 3.1.2.
type Origin struct {
	File ID
	Size int64
}

const (
	originSize = 24
	skippable  = 0x184D2A50
)

func (o Origin) bytes() []byte {
	b := binary.LittleEndian.AppendUint64(nil, o.File.Device)
	b = binary.LittleEndian.AppendUint64(b, o.File.Inode)
	return binary.LittleEndian.AppendUint64(b, uint64(o.Size))
}

func parseOrigin(b []byte) (Origin, bool) {
	if len(b) != originSize {
		return Origin{}, false
	}
	le := binary.LittleEndian
	return Origin{ID{le.Uint64(b), le.Uint64(b[8:])}, int64(le.Uint64(b[16:]))}, true
}

// ReadOrigin returns what an archive says of its origin; false when it is none of ours.
func ReadOrigin(path string) (Origin, bool) {
	f, err := os.Open(path)
	if err != nil {
		return Origin{}, false
	}
	defer f.Close()
	var head [64]byte
	n, _ := io.ReadFull(f, head[:])
	b := head[:n]
	le := binary.LittleEndian
	const gzipExtra = 12 // behind the fixed header and the length of the field
	switch {
	case n >= 8+2+originSize && le.Uint32(b) == skippable && le.Uint32(b[4:]) == 2+originSize && string(b[8:10]) == "HY":
		return parseOrigin(b[10 : 10+originSize])
	case n >= gzipExtra+4+originSize && b[0] == 0x1f && b[1] == 0x8b && b[3]&4 != 0 && string(b[gzipExtra:gzipExtra+2]) == "HY":
		return parseOrigin(b[gzipExtra+4:][:originSize])
	}
	return Origin{}, false
}

// OpenArchive opens what is in an archive for reading.
func OpenArchive(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if filepath.Ext(path) == suffixZstd {
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return &archive{z, f, z.Close}, nil
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &archive{z, f, func() { _ = z.Close() }}, nil
}

type archive struct {
	io.Reader
	f   *os.File
	end func()
}

func (a *archive) Close() error {
	a.end()
	return a.f.Close()
}

var errForeignArchive = errors.New("the name of the archive is taken by a file that is not ours")

// compress makes an archive of a rotated file, beside it, and then removes the file: archive written under another name →
// synced → renamed → directory synced → file removed. What a crash leaves of it is taken up again.
func compress(ctx context.Context, path string, c Compression, idOf func(*os.File) ID, point func(string)) error {
	src, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another process was faster
	}
	if err != nil {
		return err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return err
	}
	origin := Origin{idOf(src), info.Size()}
	target := path + c.suffix()
	if taken(target) {
		if have, ok := ReadOrigin(target); !ok || have != origin {
			return fmt.Errorf("%s: %w", target, errForeignArchive)
		}
		return os.Remove(path) // the last run was nearly done
	}
	tmp, err := openTemp(target + tempSuffix)
	if err != nil || tmp == nil {
		return err
	}
	defer tmp.Close()
	if err := fillArchive(ctx, tmp, src, info, origin, c); err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	point("archive synced")
	if !taken(path) {
		return os.Remove(tmp.Name()) // retention of another process was faster
	}
	if err := os.Rename(tmp.Name(), target); err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	point("archive renamed")
	syncDir(filepath.Dir(path))
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	point("original removed")
	return nil
}

// openTemp opens the archive to be, and takes its lock. nil: another process is at work on it.
func openTemp(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	if err := TryLock(f); err != nil {
		f.Close()
		if errors.Is(err, ErrLocked) {
			return nil, nil
		}
		return nil, err
	}
	if there, err := os.Lstat(path); err != nil || !sameFile(f, there) {
		return nil, f.Close() // another process has just finished it
	}
	if err := f.Truncate(0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func sameFile(f *os.File, there fs.FileInfo) bool {
	ours, err := f.Stat()
	return err == nil && os.SameFile(ours, there)
}

// fillArchive writes and syncs the archive.
func fillArchive(ctx context.Context, dst, src *os.File, info fs.FileInfo, o Origin, c Compression) error {
	if err := dst.Chmod(info.Mode().Perm()); err != nil {
		return err
	}
	GiveTo(dst, info)
	var z io.WriteCloser
	if c == Zstd {
		var head bytes.Buffer
		head.Write(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, skippable), 2+originSize))
		head.WriteString("HY")
		head.Write(o.bytes())
		if _, err := dst.Write(head.Bytes()); err != nil {
			return err
		}
		var err error
		z, err = zstd.NewWriter(dst, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<20))
		if err != nil {
			return err
		}
	} else {
		g := gzip.NewWriter(dst)
		g.Name, g.ModTime = filepath.Base(src.Name()), info.ModTime()
		g.Extra = append([]byte{'H', 'Y', originSize, 0}, o.bytes()...)
		z = g
	}
	n, err := io.Copy(z, &reader{ctx, src})
	if err := errors.Join(err, z.Close()); err != nil {
		return err
	}
	if n != o.Size {
		return fmt.Errorf("%s has %d bytes and had %d when it was rotated: somebody still writes to it", src.Name(), n, o.Size)
	}
	if err := dst.Sync(); err != nil {
		return err
	}
	return os.Chtimes(dst.Name(), info.ModTime(), info.ModTime())
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

// syncDir makes the names in a directory durable, where the system can.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		_ = f.Close()
	}
}
