package filedest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/hydra-logger/hydra/destination"
)

// intent is what a batch is about to do to the file:
//
//	0  1  version
//	1  8  device      9  8  inode
//	17 8  offset      25 8  length    33 4  CRC32C of the data
const (
	intentVersion = 1
	intentSize    = 37
)

type intent struct {
	device, inode  uint64
	offset, length int64
	crc            uint32
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Intent implements destination.Checkpointer. It opens the file, so that the place is known;
// where that fails there is no intent, and the delivery will fail too.
func (d *Driver) Intent(b *destination.Batch) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ready() != nil || d.shared {
		return nil
	}
	info, err := d.f.Stat()
	if err != nil {
		return nil
	}
	d.size = info.Size() // somebody may have appended to the file, or emptied it
	device, inode, ok := identity(d.f)
	if !ok {
		return nil
	}
	out := make([]byte, intentSize)
	out[0] = intentVersion
	binary.LittleEndian.PutUint64(out[1:], device)
	binary.LittleEndian.PutUint64(out[9:], inode)
	binary.LittleEndian.PutUint64(out[17:], uint64(d.size))
	binary.LittleEndian.PutUint64(out[25:], uint64(len(b.Data)))
	binary.LittleEndian.PutUint32(out[33:], crc32.Checksum(b.Data, castagnoli))
	return out
}

// Recover implements destination.Checkpointer: a batch that is in the file whole is delivered; a
// part of one at the end of the file is cut away. Anything else is an error: the file was moved, or
// somebody else wrote behind the part, and the batch may be there twice.
func (d *Driver) Recover(state []byte) (delivered bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	in, err := parseIntent(state)
	if err != nil {
		return false, err
	}
	if _, err := os.Lstat(d.path); err != nil {
		return false, fmt.Errorf("%s: the file of the last run is gone, with what it got of its last batch: %w", d.path, err)
	}
	if err := d.ready(); err != nil {
		return false, err
	}
	if device, inode, ok := identity(d.f); !ok || device != in.device || inode != in.inode {
		return false, fmt.Errorf("%s is another file than that of the last run", d.path)
	}
	return d.finish(in)
}

func (d *Driver) finish(in intent) (delivered bool, err error) {
	switch {
	case d.size < in.offset:
		return false, fmt.Errorf("%s is shorter than when the last run wrote it", d.path)
	case d.size >= in.offset+in.length:
		if whole, err := d.holds(in); whole || err != nil {
			return whole, err
		}
		return false, fmt.Errorf("%s holds other data where the last run wrote its last batch", d.path)
	case d.size == in.offset:
		return false, nil
	case d.shared:
		return false, fmt.Errorf("%s has other writers, so a part of a batch at its end is left alone", d.path)
	}
	if err := d.f.Truncate(in.offset); err != nil {
		return false, fmt.Errorf("cut an unfinished batch off %s: %w", d.path, err)
	}
	d.size = in.offset
	return false, nil
}

// holds reports whether the data of the intent is in the file.
func (d *Driver) holds(in intent) (bool, error) {
	f, err := os.Open(d.path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	sum := crc32.New(castagnoli)
	if _, err := io.Copy(sum, io.NewSectionReader(f, in.offset, in.length)); err != nil {
		return false, err
	}
	return sum.Sum32() == in.crc, nil
}

func parseIntent(b []byte) (intent, error) {
	if len(b) != intentSize || b[0] != intentVersion {
		return intent{}, errors.New("the last run's note on its last batch can't be read")
	}
	in := intent{
		device: binary.LittleEndian.Uint64(b[1:]), inode: binary.LittleEndian.Uint64(b[9:]),
		offset: int64(binary.LittleEndian.Uint64(b[17:])), length: int64(binary.LittleEndian.Uint64(b[25:])),
		crc: binary.LittleEndian.Uint32(b[33:]),
	}
	if in.offset < 0 || in.length < 0 {
		return intent{}, errors.New("the last run's note on its last batch makes no sense")
	}
	return in, nil
}
