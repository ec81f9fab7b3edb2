package rotate

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Note is a small file beside the log file that outlives the process: .app.log.rotation. It says when the log file
// was begun, and where a batch goes on that was split over several files. Its lock is what processes share.
// It is written in place, a few bytes at once, with checksums; without it the file's own times are used.
//
//	0    two slots of 64 bytes: sequence, device, inode, begun, CRC32C; the valid one with the higher sequence counts
//	128  links of 64 bytes: batch, index, device, inode, start, before, CRC32C
type Note struct {
	f   *os.File
	seq uint64
}

// ID names a file on this machine, whatever its path.
type ID struct{ Device, Inode uint64 }

// Link says that a batch goes on in a file.
type Link struct {
	File   ID
	Start  int64 // where in the file
	Before int64 // bytes of the batch that are in earlier files
}

const (
	slotSize  = 64
	linksAt   = 2 * slotSize
	beginSize = 36
	linkSize  = 52
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// NotePath is the path of the note of a log file.
func NotePath(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".rotation")
}

// OpenNote opens the note of a log file, and makes it if it is missing: then it belongs to the owner of the log file, as far as
// this process may give it away, so that root may rotate for a service that is not root. A symbolic link is not followed.
func OpenNote(path string, mode os.FileMode) (*Note, error) {
	f, err := os.OpenFile(NotePath(path), os.O_RDWR|os.O_CREATE|os.O_EXCL|noFollow, mode)
	if errors.Is(err, fs.ErrExist) {
		f, err = os.OpenFile(NotePath(path), os.O_RDWR|noFollow, 0)
	} else if info, statErr := os.Stat(path); err == nil && statErr == nil {
		GiveTo(f, info)
	}
	if err != nil {
		return nil, err
	}
	return &Note{f: f}, nil
}

// File is the open file, to lock it.
func (n *Note) File() *os.File { return n.f }

// Close closes the note, which frees its lock.
func (n *Note) Close() error { return n.f.Close() }

// Begun returns when a file was begun. ok is false when the note does not know this file.
func (n *Note) Begun(file ID) (begun time.Time, ok bool) {
	var b [linksAt]byte
	if _, err := n.f.ReadAt(b[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return time.Time{}, false
	}
	le := binary.LittleEndian
	n.seq = 0
	for i := range 2 {
		s := b[i*slotSize:][:beginSize]
		if le.Uint32(s[32:]) != crc32.Checksum(s[:32], castagnoli) || le.Uint64(s) <= n.seq {
			continue
		}
		n.seq = le.Uint64(s)
		begun, ok = time.Unix(0, int64(le.Uint64(s[24:]))), file == ID{le.Uint64(s[8:]), le.Uint64(s[16:])}
	}
	return begun, ok
}

// Begin notes when a file was begun.
func (n *Note) Begin(file ID, begun time.Time) error {
	_, _ = n.Begun(file) // others may have written
	var b [slotSize]byte
	le := binary.LittleEndian
	seq := n.seq + 1
	le.PutUint64(b[0:], seq)
	le.PutUint64(b[8:], file.Device)
	le.PutUint64(b[16:], file.Inode)
	le.PutUint64(b[24:], uint64(begun.UnixNano()))
	le.PutUint32(b[32:], crc32.Checksum(b[:32], castagnoli))
	_, err := n.f.WriteAt(b[:], int64(seq%2)*slotSize)
	return err
}

// Append notes the i-th place where a batch goes on.
func (n *Note) Append(batch uint64, i int, l Link) error {
	var b [slotSize]byte
	le := binary.LittleEndian
	le.PutUint64(b[0:], batch)
	le.PutUint64(b[8:], uint64(i))
	le.PutUint64(b[16:], l.File.Device)
	le.PutUint64(b[24:], l.File.Inode)
	le.PutUint64(b[32:], uint64(l.Start))
	le.PutUint64(b[40:], uint64(l.Before))
	le.PutUint32(b[48:], crc32.Checksum(b[:48], castagnoli))
	_, err := n.f.WriteAt(b[:], linksAt+int64(i)*slotSize)
	return err
}

// Links returns where a batch went on.
func (n *Note) Links(batch uint64) ([]Link, error) {
	var links []Link
	le := binary.LittleEndian
	for {
		var b [linkSize]byte
		_, err := n.f.ReadAt(b[:], linksAt+int64(len(links))*slotSize)
		if errors.Is(err, io.EOF) {
			return links, nil
		}
		if err != nil {
			return nil, err
		}
		if le.Uint32(b[48:]) != crc32.Checksum(b[:48], castagnoli) || le.Uint64(b[0:]) != batch || le.Uint64(b[8:]) != uint64(len(links)) {
			return links, nil
		}
		links = append(links, Link{ID{le.Uint64(b[16:]), le.Uint64(b[24:])}, int64(le.Uint64(b[32:])), int64(le.Uint64(b[40:]))})
	}
}
