package socketdest

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/hydra-logger/hydra/destination"
)

// Framing tells the receiver where a record ends. The line feed that a formatter puts behind a record is no part of it.
type Framing string

const (
	// FramingNewline ends each record with a line feed. One within the record becomes the two characters \n.
	// RFC 6587, 3.4.2: non-transparent framing.
	FramingNewline Framing = "newline"
	// FramingOctet puts the number of bytes and a space before each record, which may hold anything. RFC 6587, 3.4.1,
	// and RFC 5425: octet counting. An empty record is left out: the grammar has none.
	FramingOctet Framing = "octet"
	// FramingNUL ends each record with a zero byte; one within the record becomes a space. An empty record is left out.
	FramingNUL Framing = "nul"
)

func (f Framing) check() error {
	switch f {
	case "", FramingNewline, FramingOctet, FramingNUL:
		return nil
	}
	return fmt.Errorf("framing %q is none of %s, %s, %s", string(f), FramingNewline, FramingOctet, FramingNUL)
}

// appendAll appends the frames of all records.
func (f Framing) appendAll(dst []byte, b *destination.Batch) []byte {
	for i := range b.Items {
		it := &b.Items[i]
		dst = f.append(dst, bytes.TrimSuffix(b.Data[it.Start:it.End], []byte("\n")))
	}
	return dst
}

func (f Framing) append(dst, rec []byte) []byte {
	switch f {
	case FramingOctet:
		if len(rec) == 0 {
			return dst
		}
		dst = strconv.AppendInt(dst, int64(len(rec)), 10)
		return append(append(dst, ' '), rec...)
	case FramingNUL:
		if len(rec) == 0 {
			return dst
		}
		return append(appendReplaced(dst, rec, 0, " "), 0)
	}
	return append(appendReplaced(dst, rec, '\n', `\n`), '\n')
}

func appendReplaced(dst, rec []byte, what byte, by string) []byte {
	for {
		i := bytes.IndexByte(rec, what)
		if i < 0 {
			return append(dst, rec...)
		}
		dst = append(append(dst, rec[:i]...), by...)
		rec = rec[i+1:]
	}
}
