package destination

import (
	"hash/fnv"
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

// BatchKey is a key for a whole batch, for targets that deduplicate requests: equal exactly when the batch holds the
// same records in the same order. A batch that was cut in two, or comes again without what has arrived, has another.
// It is the id of the first record, the number of records, and a 64-bit hash (FNV-1a) of all ids.
func BatchKey(b *Batch) string {
	if len(b.Items) == 0 {
		return ""
	}
	h := fnv.New64a()
	id := make([]byte, 0, 64)
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
