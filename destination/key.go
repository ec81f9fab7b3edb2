package destination

import (
	"encoding/hex"
	"hash/fnv"
	"strconv"
)

// IdempotencyKey is the record's stable id, <journal uuid>:<position>: the same for every delivery of the record, by
// this run and by later ones, so that a target that deduplicates keeps one of them. It is "" for a record that is
// not the journal's, such as the notice that records were dropped.
func IdempotencyKey(it *Item) string {
	if it.Journal == ([16]byte{}) {
		return ""
	}
	return string(appendKey(make([]byte, 0, 57), it))
}

func appendKey(dst []byte, it *Item) []byte {
	j := it.Journal
	for i, part := range [5][]byte{j[:4], j[4:6], j[6:8], j[8:10], j[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return strconv.AppendUint(append(dst, ':'), it.Position, 10)
}

// BatchKey is a key for a whole batch, for targets that deduplicate requests: equal exactly when the batch holds the
// same records in the same order. A batch that was cut in two, or comes again without what has arrived, has another.
// It is the id of the first record, the number of records, and a 64-bit hash (FNV-1a) of all ids.
func BatchKey(b *Batch) string {
	if len(b.Items) == 0 {
		return ""
	}
	h := fnv.New64a()
	id := make([]byte, 0, 57)
	for i := range b.Items {
		id = appendKey(id[:0], &b.Items[i])
		if b.Items[i].Journal == ([16]byte{}) { // a notice: told apart by its content
			_, _ = h.Write(b.Items[i].Raw)
		}
		_, _ = h.Write(id)
	}
	key := append(appendKey(id[:0], &b.Items[0]), '+')
	key = append(strconv.AppendInt(key, int64(len(b.Items)), 10), '-')
	return string(strconv.AppendUint(key, h.Sum64(), 16))
}
