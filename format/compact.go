package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/hydra-logger/hydra/record"
)

// binary-compact is the record's own binary form in a frame:
//
//	0   4  magic "HLR1"
//	4   4  length of the payload, little endian
//	8   4  CRC-32C of bytes 12 to the end of the payload
//	12 16  uuid of the journal, zero where the record never was in one
//	28  8  position in it, little endian
//	36     the payload: see package record
//
// A reader that meets damage looks for the next magic whose CRC is right.
const (
	frameMagic  = "HLR1"
	frameHeader = 36
	// maxFrame is more than a record can have.
	maxFrame = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type compact struct{}

func newCompact() compact { return compact{} }

func (f compact) Clone() Formatter { return f }

// Append appends a frame.
func (compact) Append(b []byte, v *record.View) []byte {
	raw := v.Raw()
	start := len(b)
	b = append(b, frameMagic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(raw)))
	b = append(b, 0, 0, 0, 0)
	b = append(b, v.Journal[:]...)
	b = binary.LittleEndian.AppendUint64(b, v.Position)
	b = append(b, raw...)
	binary.LittleEndian.PutUint32(b[start+8:], crc32.Checksum(b[start+12:], castagnoli))
	return b
}

// CompactReader reads what binary-compact has written.
type CompactReader struct {
	r       io.Reader
	buf     []byte
	at      int   // of buf: the next frame
	offset  int64 // of buf[0] in the file
	ended   error // of r
	damaged int64
	damages []Damage
}

// Damage is a part of a file that is no whole record.
type Damage struct{ Offset, Bytes int64 }

// maxDamages is how many places a reader remembers.
const maxDamages = 1000

// addDamage puts a part behind the last one, or makes it longer.
func addDamage(all []Damage, offset, n int64) []Damage {
	if last := len(all) - 1; last >= 0 && all[last].Offset+all[last].Bytes == offset {
		all[last].Bytes += n
	} else if len(all) < maxDamages {
		all = append(all, Damage{offset, n})
	}
	return all
}

// NewCompactReader returns a reader of r.
func NewCompactReader(r io.Reader) *CompactReader { return &CompactReader{r: r} }

// Damaged is the number of bytes that were passed over because they are no whole record.
func (c *CompactReader) Damaged() int64 { return c.damaged }

// Damages are the parts that were passed over, in order, the first 1000.
func (c *CompactReader) Damages() []Damage { return c.damages }

// pass leaves out the next n bytes.
func (c *CompactReader) pass(n int) {
	c.damages = addDamage(c.damages, c.offset+int64(c.at), int64(n))
	c.damaged += int64(n)
	c.at += n
}

// Next stores the next record in v, which is valid until the following call. It returns io.EOF at the end, also
// behind damage: see [CompactReader.Damaged].
func (c *CompactReader) Next(v *record.View) error {
	for {
		n, err := c.frame()
		if err != nil {
			return err
		}
		if n == 0 { // no frame begins here
			c.pass(1)
			continue
		}
		frame := c.buf[c.at : c.at+n]
		if err := v.Decode(frame[frameHeader:]); err != nil {
			var later *record.VersionError
			if errors.As(err, &later) {
				return fmt.Errorf("format: the record at byte %d: %w", c.offset+int64(c.at), err)
			}
			c.pass(n)
			continue
		}
		c.at += n
		copy(v.Journal[:], frame[12:28])
		v.Position = binary.LittleEndian.Uint64(frame[28:])
		return nil
	}
}

// frame returns the length of the frame that begins at c.at, 0 if none does, and reads as much as it needs.
func (c *CompactReader) frame() (int, error) {
	if !c.have(frameHeader) {
		if left := len(c.buf) - c.at; left > 0 { // the end of a frame that was cut off
			c.pass(left)
		}
		if c.ended != nil && !errors.Is(c.ended, io.EOF) {
			return 0, c.ended
		}
		return 0, io.EOF
	}
	head := c.buf[c.at:]
	length := binary.LittleEndian.Uint32(head[4:])
	if string(head[:4]) != frameMagic || length > maxFrame {
		return 0, nil
	}
	n := int(length)
	if !c.have(frameHeader + n) {
		return 0, nil
	}
	frame := c.buf[c.at : c.at+frameHeader+n]
	if crc32.Checksum(frame[12:], castagnoli) != binary.LittleEndian.Uint32(frame[8:]) {
		return 0, nil
	}
	return len(frame), nil
}

// have reports whether n bytes follow c.at. It reads in steps, so that a length that lies costs no memory beyond what is there.
func (c *CompactReader) have(n int) bool {
	for len(c.buf)-c.at < n && c.ended == nil {
		if c.at > 0 {
			c.offset += int64(c.at)
			c.buf = c.buf[:copy(c.buf, c.buf[c.at:])]
			c.at = 0
		}
		const step = 64 << 10
		if cap(c.buf)-len(c.buf) < step {
			grown := make([]byte, len(c.buf), 2*cap(c.buf)+step)
			copy(grown, c.buf)
			c.buf = grown
		}
		got, err := c.r.Read(c.buf[len(c.buf) : len(c.buf)+step])
		c.buf = c.buf[:len(c.buf)+got]
		c.ended = err
	}
	return len(c.buf)-c.at >= n
}
