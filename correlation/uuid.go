package correlation

import (
	"crypto/rand"
	"encoding/hex"
	"sync/atomic"
	"time"
)

// lastMilli makes ids of one process that are made in the same millisecond ascend:
// the high 48 bits are the millisecond, the low 12 a counter (RFC 9562, method 1 of section 6.2).
var lastMilli atomic.Uint64

// New returns a new id: a UUID version 7 (RFC 9562) in its text form. Ids made by
// one process ascend. It is safe for concurrent use.
func New() string {
	var u [16]byte
	_, _ = rand.Read(u[:]) // never fails since Go 1.24
	stamp := nextStamp(uint64(time.Now().UnixMilli()))
	milli, seq := stamp>>12, stamp&0xfff
	for i := range 6 {
		u[i] = byte(milli >> (40 - 8*i))
	}
	u[6] = 0x70 | byte(seq>>8)
	u[7] = byte(seq)
	u[8] = 0x80 | u[8]&0x3f
	return format(u)
}

// nextStamp returns a stamp above every earlier one; a full counter borrows from the next millisecond.
func nextStamp(milli uint64) uint64 {
	for {
		last := lastMilli.Load()
		next := max(milli<<12, last+1)
		if lastMilli.CompareAndSwap(last, next) {
			return next
		}
	}
}

func format(u [16]byte) string {
	var b [36]byte
	hex.Encode(b[0:8], u[0:4])
	hex.Encode(b[9:13], u[4:6])
	hex.Encode(b[14:18], u[6:8])
	hex.Encode(b[19:23], u[8:10])
	hex.Encode(b[24:36], u[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}
