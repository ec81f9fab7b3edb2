package destination

import (
	"encoding/binary"
	"hash/fnv"
	"math/bits"
	"strconv"

	"github.com/hydra-logger/hydra/format"
)

// IdempotencyKey is the record's stable id as formats write it, see [format.RecordID]: the same for every delivery of the record, by
// this run and by later ones, so that a target that deduplicates keeps one of them. It is "" for a record that is
// not the journal's, such as the notice that records were dropped.
func IdempotencyKey(it *Item) string {
	if it.Journal == ([16]byte{}) {
		return ""
	}
	return format.RecordID(it.Journal, it.Position)
}

func appendKey(dst []byte, it *Item) []byte {
	return format.AppendRecordID(dst, it.Journal, it.Position)
}

// BatchKey is a key for a whole batch, for targets that deduplicate requests: equal when the batch holds the
// same records in the same order. A batch that was cut in two, or comes again without what has arrived, has another.
// It is the id of the first record, the number of records, and a 64-bit hash of all ids.
func BatchKey(b *Batch) string {
	if len(b.Items) == 0 {
		return ""
	}
	h := uint64(fnvOffset)
	for i := range b.Items {
		it := &b.Items[i]
		h = mix(h, binary.LittleEndian.Uint64(it.Journal[:8]))
		h = mix(h, binary.LittleEndian.Uint64(it.Journal[8:]))
		h = mix(h, it.Position)
		if it.Journal == ([16]byte{}) { // a notice: told apart by its content
			n := fnv.New64a()
			_, _ = n.Write(it.Raw)
			h = mix(h, n.Sum64())
		}
	}
	key := append(appendKey(make([]byte, 0, 96), &b.Items[0]), '+')
	key = append(strconv.AppendInt(key, int64(len(b.Items)), 10), '-')
	return string(strconv.AppendUint(key, h, 16))
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// mix adds a word to a hash: FNV-1a over words, with the high half, which alone depends on all bits of a product, folded in.
func mix(h, word uint64) uint64 {
	hi, lo := bits.Mul64(h^word, fnvPrime<<16|0x9e37)
	return hi ^ lo
}
