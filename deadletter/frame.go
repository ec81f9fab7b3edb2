package deadletter

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/destination"
)

// Letter is one dead letter.
type Letter = destination.Letter

// ID is the stable id of a record.
type ID struct {
	Journal  [16]byte
	Position uint64
}

// IDOf returns the id of a letter's record.
func IDOf(l *Letter) ID { return ID{l.Journal, l.Position} }

const (
	version     = 1
	fileHeader  = 8
	frameHeader = 8
	frameFixed  = 64 // with the header
	maxCause    = 64
	maxReason   = 1 << 10 // a reason is a sentence, not a response body
	maxFrame    = math.MaxInt32
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	header     = [fileHeader]byte{'H', 'Y', 'D', 'E', 'A', 'D', version, 0}

	errNoLetters = errors.New("deadletter: this is no file of dead letters, or one of another version")
)

// frameSize is the length of a letter in a file.
func frameSize(l *Letter) int {
	return frameFixed + len(short(l.Cause, maxCause)) + len(short(l.Reason, maxReason)) + len(l.Raw)
}

func short(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(s, "")
}

// appendFrame appends a letter.
func appendFrame(dst []byte, l *Letter) []byte {
	cause, reason := short(l.Cause, maxCause), short(l.Reason, maxReason)
	start := len(dst)
	dst = append(dst, make([]byte, frameFixed)...)
	dst = append(append(append(dst, cause...), reason...), l.Raw...)
	f := dst[start:]
	le := binary.LittleEndian
	le.PutUint64(f[8:], uint64(l.Died.UnixNano()))
	copy(f[16:], l.Journal[:])
	le.PutUint64(f[32:], l.Position)
	le.PutUint64(f[40:], uint64(l.Time))
	le.PutUint64(f[48:], uint64(l.Level))
	le.PutUint32(f[56:], uint32(max(0, min(l.Tries, math.MaxInt32))))
	le.PutUint16(f[60:], uint16(len(cause)))
	le.PutUint16(f[62:], uint16(len(reason)))
	le.PutUint32(f, uint32(len(f)-frameHeader))
	le.PutUint32(f[4:], crc32.Checksum(f[frameHeader:], castagnoli))
	return dst
}

// nextFrame reads the letter at the beginning of b, whose record is a part of b. n is 0 when there is no whole one.
func nextFrame(b []byte) (l Letter, n int) {
	le := binary.LittleEndian
	if len(b) < frameFixed {
		return l, 0
	}
	length := uint64(le.Uint32(b)) + frameHeader
	if length < frameFixed || length > uint64(len(b)) {
		return l, 0
	}
	f := b[:length]
	cause, reason := int(le.Uint16(f[60:])), int(le.Uint16(f[62:]))
	if crc32.Checksum(f[frameHeader:], castagnoli) != le.Uint32(f[4:]) || frameFixed+cause+reason > len(f) {
		return l, 0
	}
	l.Died = time.Unix(0, int64(le.Uint64(f[8:])))
	l.Journal = [16]byte(f[16:32])
	l.Position = le.Uint64(f[32:])
	l.Time = int64(le.Uint64(f[40:]))
	l.Level = slog.Level(le.Uint64(f[48:]))
	l.Tries = int(le.Uint32(f[56:]))
	text := f[frameFixed:]
	l.Cause, l.Reason, l.Raw = string(text[:cause]), string(text[cause:cause+reason]), text[cause+reason:]
	return l, int(length)
}

// parse calls f with each letter of a file, and returns how much of the file is whole.
func parse(b []byte, f func(l Letter, frame []byte) bool) (whole int, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	if len(b) < fileHeader || [fileHeader]byte(b[:fileHeader]) != header {
		return 0, errNoLetters
	}
	at := fileHeader
	for {
		l, n := nextFrame(b[at:])
		if n == 0 || !f(l, b[at:at+n]) {
			return at, nil
		}
		at += n
	}
}
