package correlation

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/hydra-logger/hydra/record"
)

// Lengths of W3C Trace Context (https://www.w3.org/TR/trace-context/).
const (
	traceparentLen = 55
	maxTracestate  = 512
)

var (
	errTraceparentForm = errors.New("traceparent: want <2 hex digits>-<32>-<16>-<2> in lower case")
	errTraceparentZero = errors.New("traceparent: trace id and parent id may not be all zero")
	errTraceparentVer  = errors.New("traceparent: version ff is not allowed")
)

// ParseTraceparent reads a traceparent header of W3C Trace Context. Of a version above 00 the part that version 00
// defines is read, as the standard asks.
func ParseTraceparent(s string) (trace [16]byte, span [8]byte, flags byte, err error) {
	var version, last [1]byte
	switch {
	case len(s) < traceparentLen || s[2] != '-' || s[35] != '-' || s[52] != '-',
		!hexInto(version[:], s[0:2]), !hexInto(trace[:], s[3:35]), !hexInto(span[:], s[36:52]), !hexInto(last[:], s[53:55]):
		err = errTraceparentForm
	case version[0] == 0xff:
		err = errTraceparentVer
	case len(s) > traceparentLen && (version[0] == 0 || s[traceparentLen] != '-'):
		err = errTraceparentForm
	case trace == [16]byte{} || span == [8]byte{}:
		err = errTraceparentZero
	}
	if err != nil {
		return [16]byte{}, [8]byte{}, 0, err
	}
	return trace, span, last[0], nil
}

// hexInto decodes lower-case hex; the standard allows no other.
func hexInto(to []byte, s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	_, err := hex.Decode(to, []byte(s))
	return err == nil
}

// Traceparent returns the trace context of ids as a header of version 00, "" if there is none.
func Traceparent(ids *record.IDs) string {
	if ids == nil || ids.TraceID == [16]byte{} || ids.SpanID == [8]byte{} {
		return ""
	}
	b := append(make([]byte, 0, traceparentLen), "00-"...)
	b = append(hex.AppendEncode(b, ids.TraceID[:]), '-')
	b = append(hex.AppendEncode(b, ids.SpanID[:]), '-')
	return string(hex.AppendEncode(b, []byte{ids.TraceFlags}))
}

// Tracestate returns the tracestate that came with the trace context of ctx, as it came, "" if none did.
func Tracestate(ctx context.Context) string {
	if c := carriedBy(ctx); c != nil {
		return c.state
	}
	return ""
}

// validTracestate accepts what is safe to pass on: printable ASCII of at most 512 bytes.
func validTracestate(s string) bool {
	if len(s) > maxTracestate {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
