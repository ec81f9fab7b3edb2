package filedest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/hydra-logger/hydra/destination"
)

// An intent says what a batch is about to do to the file, little endian:
//
//	0   1  version
//	1   8  device
//	9   8  inode
//	17  8  offset: size of the file before
//	25  8  length of the batch
//	33  4  CRC32C of the batch's last 4096 bytes
//	37  4  length of its first line
//	41  4  CRC32C of its first line
const (
	intentVersion = 1
	intentSize    = 45
	// tailSize is how much of the end of a batch is compared: the system appends from front to back, so that a batch
	// whose end is there is there whole. It is less than all to cost less: 40 ns a record.
	tailSize = 4096
)

type intent struct {
	id             fileID
	offset, length int64
	crc            uint32
	first          int64
	firstCRC       uint32
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (in *intent) encode(b *[intentSize]byte) {
	le := binary.LittleEndian
	b[0] = intentVersion
	le.PutUint64(b[1:], in.id.device)
	le.PutUint64(b[9:], in.id.inode)
	le.PutUint64(b[17:], uint64(in.offset))
	le.PutUint64(b[25:], uint64(in.length))
	le.PutUint32(b[33:], in.crc)
	le.PutUint32(b[37:], uint32(in.first))
	le.PutUint32(b[41:], in.firstCRC)
}

var errIntent = errors.New("the last run's note on its last batch can't be read")

func parseIntent(b []byte) (intent, error) {
	if len(b) != intentSize || b[0] != intentVersion {
		return intent{}, errIntent
	}
	le := binary.LittleEndian
	in := intent{
		id:     fileID{device: le.Uint64(b[1:]), inode: le.Uint64(b[9:])},
		offset: int64(le.Uint64(b[17:])), length: int64(le.Uint64(b[25:])), crc: le.Uint32(b[33:]),
		first: int64(le.Uint32(b[37:])), firstCRC: le.Uint32(b[41:]),
	}
	if in.offset < 0 || in.length <= 0 || in.offset+in.length < 0 || in.first > in.length {
		return intent{}, errIntent
	}
	return in, nil
}

// Intent implements destination.Checkpointer. It opens the file, so that the place is known. There is no intent
// where that fails, where others write, and for the rest of a batch that is there in part.
func (d *Driver) Intent(b *destination.Batch) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ready = false
	if d.rot != nil {
		if !d.rot.lockForIntent(d) {
			return nil
		}
		defer d.rot.unlock()
	}
	if !d.prepareIntent(b) {
		return nil
	}
	d.ready = true
	first := int64(bytes.IndexByte(b.Data, '\n') + 1)
	if d.binary && len(b.Items) > 0 {
		first = int64(b.Items[0].End)
	}
	in := intent{
		id: d.id, offset: d.size, length: int64(len(b.Data)), crc: crc32.Checksum(b.Data[max(len(b.Data)-tailSize, 0):], castagnoli),
		first: first, firstCRC: crc32.Checksum(b.Data[:first], castagnoli),
	}
	in.encode(&d.intent)
	if d.rot != nil {
		d.rot.follow(d.intent[:], d.id)
	}
	return d.intent[:]
}

// prepareIntent makes the file ready to be written at its end. It returns false where that can't be described.
func (d *Driver) prepareIntent(b *destination.Batch) bool {
	if len(b.Data) == 0 || d.prepare() != nil || !d.plain || d.id == (fileID{}) || d.part.written > 0 {
		return false
	}
	if d.rot != nil {
		d.rot.follow(nil, fileID{})
		if d.rotateIfDue(firstSize(b), false) != nil {
			return false
		}
	}
	if othersHold(d.f) || len(d.header) > 0 && d.begin() != nil {
		return false
	}
	_, err := d.resume(b) // ends a line that somebody left unfinished
	return err == nil
}
