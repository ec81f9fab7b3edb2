package record

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"
)

// putKey writes the first part of a token. b[i:] must have len(key)+scalarRoom bytes.
func putKey(b []byte, i int, k Kind, key string) int {
	if len(key) < longKey {
		b[i] = byte(k) | byte(len(key))<<4
		i++
	} else {
		b[i] = byte(k) | longKey<<4
		i = putUvarint(b, i+1, uint64(len(key)))
	}
	return i + copy(b[i:], key)
}

// putString writes a string, for which there must be room.
func putString(b []byte, i int, s string) int {
	i = putUvarint(b, i, uint64(len(s)))
	return i + copy(b[i:], s)
}

func putBool(b []byte, i int, v bool) int {
	b[i] = 0
	if v {
		b[i] = 1
	}
	return i + 1
}

func putFloat(b []byte, i int, v float64) int {
	binary.LittleEndian.PutUint64(b[i:], math.Float64bits(v))
	return i + 8
}

// Seconds since 1970 whose nanoseconds fit in 64 bits.
const (
	minNanoSecond int64 = -9223372036
	maxNanoSecond int64 = 9223372035
)

func putTime(b []byte, i int, t time.Time) int {
	zone := 0
	if t.Location() != time.UTC {
		_, zone = t.Zone()
		if zone < -maxZone || zone > maxZone {
			zone = 0 // no place on earth: kept as UTC
		}
	}
	if sec := t.Unix(); sec < minNanoSecond || sec > maxNanoSecond {
		b[i] = timeFar
		i = putUvarint(b, i+1, zigzag(sec))
		i = putUvarint(b, i, uint64(t.Nanosecond()))
		return putUvarint(b, i, zigzag(int64(zone)))
	}
	b[i] = timeUTC
	binary.LittleEndian.PutUint64(b[i+1:], uint64(t.UnixNano()))
	if zone == 0 {
		return i + 9
	}
	b[i] = timeZone
	return putUvarint(b, i+9, zigzag(int64(zone)))
}

// putText writes a string, a mark or bytes that may be too long.
func (e *Encoder) putText(key string, k Kind, s string) {
	if len(s) > e.limits.String {
		s, k = cutBody(s, k, e.limits.String), KindMark
	}
	if !e.room(len(key) + len(s) + scalarRoom) {
		s, k = cutMark(len(s), len(s), "bytes"), KindMark
		e.force(len(key) + len(s) + scalarRoom)
	}
	e.n = putKey(e.buf, e.n, k, key)
	e.n = putString(e.buf, e.n, s)
}

// cutBody is what stays of a string that is too long. Of bytes nothing does: half of an image is none.
func cutBody(s string, k Kind, limit int) string {
	if k == KindBytes {
		return cutMark(len(s), len(s), "bytes")
	}
	return cutText(s, limit)
}

// putMark writes a mark, even when the record is full.
func (e *Encoder) putMark(key, text string) {
	e.force(len(key) + len(text) + scalarRoom)
	e.n = putKey(e.buf, e.n, KindMark, key)
	e.n = putString(e.buf, e.n, text)
}

// putToken writes a token without a value. There must be room.
func (e *Encoder) putToken(key string, k Kind) {
	e.n = putKey(e.buf, e.n, k, key)
}

// cutAttrs says that attributes are missing.
func (e *Encoder) cutAttrs(missing, of int) {
	e.putMark(cutKey, cutMark(missing, of, "attributes"))
}

const cutKey = "!CUT" // key of a mark that stands for several fields

// cutMark is the text that stands for what a limit took away.
func cutMark(missing, of int, what string) string {
	return "!CUT: " + strconv.Itoa(missing) + " of " + strconv.Itoa(of) + " " + what
}
