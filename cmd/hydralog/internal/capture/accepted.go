package capture

import (
	"encoding/binary"
	"hash/fnv"
)

// keyText is how much of a record's text goes into its key.
const keyText = 512

// Key identifies a record by its time, in nanoseconds since 1970, and its text.
// It is never 0.
func Key(unixNano int64, message string) uint64 {
	h := fnv.New64a()
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], uint64(unixNano))
	binary.LittleEndian.PutUint64(b[8:], uint64(len(message)))
	_, _ = h.Write(b[:])
	_, _ = h.Write([]byte(message[:min(len(message), keyText)]))
	return max(h.Sum64(), 1)
}

// Accepted returns how many records at the beginning of an intent are in a
// journal, of which keys are the last records in their order.
//
// The journal ends with the record before the batch and then the accepted part
// of it. Where that record is not known, the longest part that fits counts.
func (in *Intent) Accepted(keys []uint64) int {
	if in.Before == 0 {
		for k := len(in.Entries); k > 0; k-- {
			if in.endsWith(keys, k) {
				return k
			}
		}
		return 0
	}
	for k := range len(in.Entries) + 1 {
		if in.endsWith(keys, k) {
			return k
		}
	}
	return 0
}

// endsWith reports whether keys end with Before, if it is known, and then the first k entries; keys may be
// fewer when older records are gone from the journal, but not none.
func (in *Intent) endsWith(keys []uint64, k int) bool {
	i := len(keys) - 1
	for e := k - 1; e >= 0; e, i = e-1, i-1 {
		if i < 0 {
			return e < k-1
		}
		if keys[i] != in.Entries[e].Key {
			return false
		}
	}
	return in.Before == 0 || i >= 0 && keys[i] == in.Before || i < 0 && k > 0
}
