package record

import (
	"errors"
	"fmt"
	"log/slog"
	"unsafe"
)

const (
	flagIDs    = 1
	flagSource = 2

	idCorrelation = 1
	idCausation   = 2
	idMessage     = 4
	idTrace       = 8

	headerSize = 10 // time, version, flags
	longKey    = 15
)

var errShort = errors.New("record: damaged: ends before its end")

// Decode reads a record. The view's strings alias b. It makes no allocation, never
// panics and takes time in proportion to len(b) at most, whatever the bytes are. The
// attributes are checked when they are walked: see [Attrs.Next].
//
// The error says what is wrong with the bytes; the view is unspecified then.
func (v *View) Decode(b []byte) error {
	if len(b) < headerSize {
		return errShort
	}
	s := unsafe.String(unsafe.SliceData(b), len(b))
	if s[8] != Version {
		return &VersionError{Version: s[8]}
	}
	flags := s[9]
	v.Time = int64(load64(s, 0))
	level, i := getUvarint(s, headerSize)
	v.Level = slog.Level(unzigzag(level))
	var ok1, ok2, ok3 bool
	v.Layer, i, ok1 = getString(s, i)
	v.Logger, i, ok2 = getString(s, i)
	v.Message, i, ok3 = getString(s, i)
	if !ok1 || !ok2 || !ok3 {
		return errShort
	}
	v.head, v.plain = s[8:i], flags == 0
	if flags != 0 {
		var err error
		if i, err = v.decodeOptional(s, i, flags); err != nil {
			return err
		}
	} else {
		v.IDs = IDs{}
		v.Source = Source{}
	}
	v.raw, v.attrs = s, s[i:]
	return nil
}

func (v *View) decodeOptional(s string, i int, flags byte) (int, error) {
	if flags&^(flagIDs|flagSource) != 0 {
		return 0, fmt.Errorf("record: damaged: unknown flags %#x", flags)
	}
	v.IDs = IDs{}
	v.Source = Source{}
	ok := true
	if flags&flagIDs != 0 {
		if i, ok = v.IDs.decode(s, i); !ok {
			return 0, errShort
		}
	}
	if flags&flagSource == 0 {
		return i, nil
	}
	var ok2 bool
	v.Source.Function, i, ok = getString(s, i)
	v.Source.File, i, ok2 = getString(s, i)
	if !ok || !ok2 {
		return 0, errShort
	}
	line, i := getUvarint(s, i)
	if i < 0 {
		return 0, errShort
	}
	v.Source.Line = int(line)
	return i, nil
}

func (d *IDs) decode(s string, i int) (int, bool) {
	if i < 0 || i >= len(s) {
		return 0, false
	}
	mask := s[i]
	i++
	ok := mask < 16
	for bit, p := range [3]*string{&d.CorrelationID, &d.CausationID, &d.MessageID} {
		if ok && mask&(1<<bit) != 0 {
			*p, i, ok = getString(s, i)
		}
	}
	if !ok || mask&idTrace == 0 {
		return i, ok
	}
	if len(s)-i < 25 {
		return 0, false
	}
	copy(d.TraceID[:], s[i:])
	copy(d.SpanID[:], s[i+16:])
	d.TraceFlags = s[i+24]
	return i + 25, true
}

// VersionError says that a record has a version of the binary form that this package does not know.
type VersionError struct {
	Version byte
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("record: version %d of the binary form is unknown, this program reads version %d: read it with a newer release", e.Version, Version)
}
