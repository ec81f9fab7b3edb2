package format

import (
	"encoding/binary"

	"github.com/hydra-logger/hydra/record"
)

const hexDigits = "0123456789abcdef"

// RecordID returns the stable id of a record: "<journal uuid>:<position>", the
// uuid in its usual form of 8-4-4-4-12 hex digits, the position in 16. A record
// that is delivered again has the same id.
func RecordID(journal [16]byte, position uint64) string {
	return string(AppendRecordID(make([]byte, 0, 53), journal, position))
}

// JournalID is the text form of a journal's uuid: 8-4-4-4-12 hex digits.
func JournalID(journal [16]byte) string {
	return string(appendJournalID(make([]byte, 0, 36), journal))
}

func appendJournalID(dst []byte, journal [16]byte) []byte {
	dst = appendHex(dst, journal[0:4])
	for _, part := range [4][2]int{{4, 6}, {6, 8}, {8, 10}, {10, 16}} {
		dst = append(dst, '-')
		dst = appendHex(dst, journal[part[0]:part[1]])
	}
	return dst
}

// AppendRecordID appends [RecordID] to dst.
func AppendRecordID(dst []byte, journal [16]byte, position uint64) []byte {
	dst = appendJournalID(dst, journal)
	var p [8]byte
	binary.BigEndian.PutUint64(p[:], position)
	return appendHex(append(dst, ':'), p[:])
}

// hasID reports whether the record has been in a journal.
func hasID(v *record.View) bool { return v.Journal != [16]byte{} }

func appendHex(b []byte, src []byte) []byte {
	n := len(b)
	b = room(b, 2*len(src))[:n+2*len(src)]
	d := b[n:]
	for i, c := range src {
		d[2*i], d[2*i+1] = hexDigits[c>>4], hexDigits[c&15]
	}
	return b
}
