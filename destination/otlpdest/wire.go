package otlpdest

import (
	"encoding/binary"
	"math"
)

// Protocol Buffers, as far as OTLP needs them: see https://protobuf.dev/programming-guides/encoding/. A field is a tag, number
// and type in a varint, and a value:
//
//	varint   7 bits a byte, least significant first      enums, bool, int64
//	fixed64  8 bytes, little endian                      times, double
//	fixed32  4 bytes                                     flags
//	bytes    length as a varint, then so many bytes      strings, messages
//
// A message is written behind a length that is not known before. It gets five bytes, and a varint may be padded to
// them, so that nothing has to be moved.

const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5

	lengthSize = 5
)

func appendTag(b []byte, field, wire int) []byte { return append(b, byte(field<<3|wire)) } // all fields are below 16

func appendVarint(b []byte, field int, v uint64) []byte {
	return binary.AppendUvarint(appendTag(b, field, wireVarint), v)
}

func appendFixed64(b []byte, field int, v uint64) []byte {
	return binary.LittleEndian.AppendUint64(appendTag(b, field, wireFixed64), v)
}

func appendFixed32(b []byte, field int, v uint32) []byte {
	return binary.LittleEndian.AppendUint32(appendTag(b, field, wireFixed32), v)
}

func appendDouble(b []byte, field int, v float64) []byte {
	return appendFixed64(b, field, math.Float64bits(v))
}

func appendText(b []byte, field int, s string) []byte {
	b = binary.AppendUvarint(appendTag(b, field, wireBytes), uint64(len(s)))
	return append(b, s...)
}

// openMessage begins a message, which close ends; at is where its content begins.
func openMessage(b []byte, field int) (out []byte, at int) {
	b = append(appendTag(b, field, wireBytes), 0, 0, 0, 0, 0)
	return b, len(b)
}

func closeAt(b []byte, at int) []byte {
	n := uint64(len(b) - at)
	for i := range lengthSize - 1 {
		b[at-lengthSize+i] = byte(n>>(7*i))&0x7f | 0x80
	}
	b[at-1] = byte(n >> (7 * (lengthSize - 1)))
	return b
}

// fields walks the fields of a message and reports whether it is well-formed. A varint or fixed number is in n, bytes are in data.
func fields(b []byte, visit func(field int, n uint64, data []byte)) bool {
	for len(b) > 0 {
		tag, k := binary.Uvarint(b)
		if k <= 0 || tag>>3 == 0 {
			return false
		}
		b = b[k:]
		var n uint64
		var data []byte
		switch tag & 7 {
		case wireVarint:
			if n, k = binary.Uvarint(b); k <= 0 {
				return false
			}
			b = b[k:]
		case wireFixed64:
			if len(b) < 8 {
				return false
			}
			n, b = binary.LittleEndian.Uint64(b), b[8:]
		case wireFixed32:
			if len(b) < 4 {
				return false
			}
			n, b = uint64(binary.LittleEndian.Uint32(b)), b[4:]
		case wireBytes:
			size, k := binary.Uvarint(b)
			if k <= 0 || size > uint64(len(b)-k) {
				return false
			}
			data, b = b[k:k+int(size)], b[k+int(size):]
		default:
			return false
		}
		visit(int(min(tag>>3, math.MaxInt32)), n, data)
	}
	return true
}
