package format

import (
	"math"
	"time"
)

// A stamp writes the record's own time as RFC 3339 with a fixed number of decimals, in one zone.
type stamp struct {
	clock  clock
	digits int
	zone   *time.Location // nil: UTC

	second int64 // for which offset holds
	offset int
}

// newStamp takes options that were checked.
func newStamp(o *Options, digits int) stamp {
	digits, _ = digitsOf(o.Precision, digits)
	zone, _ := zoneOf(o.Zone)
	return stamp{clock: newClock(), digits: digits, zone: zone, second: math.MinInt64}
}

// shift returns how far the zone is from UTC at a second, in seconds.
func (s *stamp) shift(sec int64) int {
	if s.zone == nil {
		return 0
	}
	if sec != s.second {
		_, s.offset = time.Unix(sec, 0).In(s.zone).Zone()
		s.second = sec
	}
	return s.offset
}

// append appends the time.
func (s *stamp) append(b []byte, ns int64) []byte {
	sec, _ := split(ns)
	shift := s.shift(sec)
	second, nanos := s.clock.atSecond(sec+int64(shift)), uint64(ns-sec*1e9)
	b = append(b, second[:19]...)
	b = appendDecimals(b, nanos, s.digits)
	if s.zone == nil {
		return append(b, 'Z')
	}
	if shift == 0 {
		return append(b, 'Z')
	}
	return appendZone(b, shift)
}

// appendDecimals appends a point and the first of the nine digits of nanos, nothing for none.
func appendDecimals(b []byte, nanos uint64, digits int) []byte {
	if digits == 0 {
		return b
	}
	var d [9]byte
	put9(d[:], nanos)
	b = append(b, '.')
	return append(b, d[:digits]...)
}

// appendEpoch appends nanoseconds since 1970 as seconds with decimals.
func appendEpoch(b []byte, ns int64, digits int) []byte {
	u := uint64(ns)
	if ns < 0 {
		b = append(b, '-')
		u = -u
	}
	return appendDecimals(appendUint(b, u/1e9), u%1e9, digits)
}
