package capture

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"
)

// File cursor, little endian, two slots that are written in turn:
//
//	0   4  magic HLC1
//	4   4  zero
//	8   8  sequence number
//	16  8  position in stdout: everything before it is accepted
//	24  8  position in stderr
//	32  8  records accepted
//	40  8  key of the last record, 0 if there is none
//	60  4  CRC32C of bytes 0 to 59
//
// File intent:
//
//	0   4  magic HLI1
//	4   4  stream: 0 stdout, 1 stderr
//	8   8  sequence number that the cursor has when the batch is accepted
//	16  8  end of the batch in the stream
//	24  8  key of the record before the batch, 0 if not known
//	32  4  number of records n
//	36  4  CRC32C of bytes 0 to 35, 40 to 72 and the entries
//	40  32 directory of the journal, zero padded
//	72  n × 16: end in the stream, key
const (
	slotSize     = 64
	slotDistance = 512
	intentHead   = 72
	intentEntry  = 16
	journalName  = 32

	// preallocated keeps both files writable on a full disk.
	preallocated = 32 << 10
)

var (
	cursorMagic = binary.LittleEndian.Uint32([]byte("HLC1"))
	intentMagic = binary.LittleEndian.Uint32([]byte("HLI1"))
	castagnoli  = crc32.MakeTable(crc32.Castagnoli)
)

// Streams is the number of streams of a command.
const Streams = 2

// Place is the state of a cursor.
type Place struct {
	Sequence uint64
	Position [Streams]int64 // accepted up to here
	Records  uint64         // accepted so far
	Last     uint64         // key of the last one, 0 if there is none
}

// Entry is one record of an intent.
type Entry struct {
	End int64 // in the stream
	Key uint64
}

// Intent is a batch of records that is about to be accepted.
type Intent struct {
	Stream   int
	Journal  string // directory of the journal that they go to, below the state directory; at most 32 bytes
	End      int64  // of the batch; records that no destination wants may lie behind the last entry
	Before   uint64 // key of the record that went into the journal before them, 0 if not known
	Entries  []Entry
	sequence uint64
}

// Cursor says how far the output of a command is accepted. Between Begin and
// Commit of one batch there must be no other; the rest is safe for several goroutines.
type Cursor struct {
	mu     sync.Mutex
	place  Place
	file   *os.File
	intent *os.File
	buf    []byte
}

// openCursor reads the newer of the slots that are whole. A cursor with none
// is at the beginning: lines may come twice, none is lost.
func openCursor(dir string) (*Cursor, error) {
	c := &Cursor{}
	var err error
	if c.file, err = openState(filepath.Join(dir, "cursor")); err != nil {
		return nil, err
	}
	if c.intent, err = openState(filepath.Join(dir, "intent")); err != nil {
		_ = c.file.Close()
		return nil, err
	}
	for i := range int64(2) {
		var b [slotSize]byte
		if _, err := c.file.ReadAt(b[:], i*slotDistance); err != nil {
			continue
		}
		if p, ok := decodeSlot(b[:]); ok && p.Sequence >= c.place.Sequence {
			c.place = p
		}
	}
	return c, nil
}

// openState opens one of the two files, and reserves its space when it is new.
func openState(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.Size() >= preallocated {
		return f, err
	}
	if _, err := f.WriteAt(make([]byte, preallocated), 0); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func decodeSlot(b []byte) (Place, bool) {
	le := binary.LittleEndian
	if le.Uint32(b) != cursorMagic || le.Uint32(b[60:]) != crc32.Checksum(b[:60], castagnoli) {
		return Place{}, false
	}
	p := Place{Sequence: le.Uint64(b[8:]), Records: le.Uint64(b[32:]), Last: le.Uint64(b[40:])}
	for i := range p.Position {
		p.Position[i] = int64(le.Uint64(b[16+8*i:]))
	}
	return p, true
}

func encodeSlot(p *Place) []byte {
	b := make([]byte, slotSize)
	le := binary.LittleEndian
	le.PutUint32(b, cursorMagic)
	le.PutUint64(b[8:], p.Sequence)
	for i, pos := range p.Position {
		le.PutUint64(b[16+8*i:], uint64(pos))
	}
	le.PutUint64(b[32:], p.Records)
	le.PutUint64(b[40:], p.Last)
	le.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
	return b
}

// Place returns the state of the cursor.
func (c *Cursor) Place() Place {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.place
}

// Begin writes the intent. Only when it returns nil may the records be accepted.
func (c *Cursor) Begin(in *Intent) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	in.sequence = c.place.Sequence + 1
	c.buf = encodeIntent(c.buf[:0], in)
	if _, err := c.intent.WriteAt(c.buf, 0); err != nil {
		return fmt.Errorf("intent: %w", err)
	}
	return nil
}

// Commit moves the cursor behind the batch of an intent, after it was accepted.
// Of its records, accepted were; the key of the last one is the last of those.
func (c *Cursor) Commit(in *Intent, accepted int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := c.place
	next.Sequence = in.sequence
	next.Records += uint64(accepted)
	if accepted > 0 {
		next.Last = in.Entries[accepted-1].Key
	}
	switch {
	case accepted == len(in.Entries):
		next.Position[in.Stream] = in.End
	case accepted > 0:
		next.Position[in.Stream] = in.Entries[accepted-1].End
	}
	return c.write(next)
}

// Rewind sets a stream back to its beginning, when its file was truncated.
func (c *Cursor) Rewind(stream int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := c.place // with its sequence number: a batch of the other stream may be on its way
	next.Position[stream] = 0
	return c.write(next)
}

func (c *Cursor) write(next Place) error {
	if _, err := c.file.WriteAt(encodeSlot(&next), int64(next.Sequence&1)*slotDistance); err != nil {
		return fmt.Errorf("cursor: %w", err)
	}
	c.place = next
	return nil
}

// Open returns the intent that no cursor confirms, nil if there is none.
func (c *Cursor) Open() *Intent {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := c.intent.Stat()
	if err != nil {
		return nil
	}
	b := make([]byte, info.Size())
	if _, err := c.intent.ReadAt(b, 0); err != nil {
		return nil
	}
	in := decodeIntent(b)
	if in == nil || in.sequence != c.place.Sequence+1 {
		return nil
	}
	return in
}

func (c *Cursor) close() error {
	err := c.file.Close()
	if other := c.intent.Close(); err == nil {
		err = other
	}
	return err
}

func encodeIntent(b []byte, in *Intent) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, intentMagic)
	b = le.AppendUint32(b, uint32(in.Stream))
	b = le.AppendUint64(b, in.sequence)
	b = le.AppendUint64(b, uint64(in.End))
	b = le.AppendUint64(b, in.Before)
	b = le.AppendUint32(b, uint32(len(in.Entries)))
	b = le.AppendUint32(b, 0)
	name := make([]byte, journalName)
	copy(name, in.Journal)
	b = append(b, name...)
	for _, e := range in.Entries {
		b = le.AppendUint64(b, uint64(e.End))
		b = le.AppendUint64(b, e.Key)
	}
	le.PutUint32(b[36:], intentSum(b))
	return b
}

func intentSum(b []byte) uint32 {
	return crc32.Update(crc32.Checksum(b[:36], castagnoli), castagnoli, b[40:])
}

// decodeIntent returns nil when b does not begin with a whole intent: then it was never acted on.
func decodeIntent(b []byte) *Intent {
	le := binary.LittleEndian
	if len(b) < intentHead || le.Uint32(b) != intentMagic {
		return nil
	}
	n := int(le.Uint32(b[32:]))
	if n > (len(b)-intentHead)/intentEntry {
		return nil
	}
	b = b[:intentHead+n*intentEntry]
	stream := le.Uint32(b[4:])
	if le.Uint32(b[36:]) != intentSum(b) || stream >= Streams {
		return nil
	}
	in := &Intent{
		Stream: int(stream), sequence: le.Uint64(b[8:]), End: int64(le.Uint64(b[16:])), Before: le.Uint64(b[24:]),
		Journal: trimZero(b[40:intentHead]), Entries: make([]Entry, n),
	}
	for i := range in.Entries {
		e := b[intentHead+i*intentEntry:]
		in.Entries[i] = Entry{End: int64(le.Uint64(e)), Key: le.Uint64(e[8:])}
	}
	return in
}

func trimZero(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
