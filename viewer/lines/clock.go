package lines

import (
	"strconv"
	"strings"
	"time"
)

// layouts are the ways in which loggers write a time, most common first. The
// parser accepts a fraction after the seconds, with a point or a comma, in all of them.
var layouts = []string{
	time.RFC3339,
	"2006-01-02T15:04:05Z0700",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05Z0700",
	"2006-01-02 15:04:05 Z07:00",
	"2006-01-02 15:04:05 -0700",
	"2006-01-02 15:04:05 -0700 MST",
	"2006-01-02 15:04:05 MST",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05",
	"2006/01/02 15:04:05",
	time.RFC1123Z,
	time.RFC1123,
	"02/Jan/2006:15:04:05 -0700",
	time.UnixDate,
	time.ANSIC,
}

// The years that nanoseconds in 64 bits hold.
const (
	firstYear = 1678
	lastYear  = 2261
)

// Time reads a time as loggers write it: a date with a time of day, or seconds, milliseconds, microseconds or nanoseconds
// since 1970. Without a zone it is local time.
func Time(s string) (time.Time, bool) { return timeOf(s) }

// longestTime bounds what is tried.
const longestTime = 64

// timeOf reads a time from a string. Without a zone it is local time.
func timeOf(s string) (time.Time, bool) {
	if len(s) < len("1700000000") || len(s) > longestTime {
		return time.Time{}, false
	}
	if t, ok := epochOf(s); ok {
		return t, true
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, t.Year() >= firstYear && t.Year() <= lastYear
		}
	}
	return time.Time{}, false
}

// The numbers of units between 1973 and 2286 that a number can be, by its digits before the point.
const (
	digitsSeconds = 10
	digitsMillis  = 13
	digitsMicros  = 16
	digitsNanos   = 19
)

// epochOf reads a number: seconds, milliseconds, microseconds or nanoseconds
// since 1970, told apart by its size. It is exact: no float is in between.
func epochOf(s string) (time.Time, bool) {
	if strings.ContainsAny(s, "eE") {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return time.Time{}, false
		}
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if !allDigits(whole) || !allDigits(fraction) && fraction != "" {
		return time.Time{}, false
	}
	switch len(whole) {
	case digitsSeconds - 1, digitsSeconds, digitsMillis - 1, digitsMillis, digitsMicros - 1, digitsMicros, digitsNanos - 1, digitsNanos:
	default:
		return time.Time{}, false
	}
	// All of it as nanoseconds: the unit's digits, then the fraction, filled up.
	unit := digitsSeconds
	for _, u := range []int{digitsMillis, digitsMicros, digitsNanos} {
		if len(whole) >= u-1 {
			unit = u
		}
	}
	digits := (whole + fraction + "000000000")[:len(whole)+digitsNanos-unit]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	return time.Unix(0, n), true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
