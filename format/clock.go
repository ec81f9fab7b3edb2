package format

import (
	"math"
	"time"

	"github.com/hydra-logger/hydra/record"
)

const (
	secondsOfDay = 24 * 60 * 60

	// colons turns the third and sixth of eight digits, which are zeros, into colons.
	colons = (':' - '0') * (1<<16 | 1<<40)
)

// A clock writes times as RFC 3339. It keeps the text of the last day and of the last second.
type clock struct {
	day     int64
	dayText [16]byte // "2006-01-02T", the rest is blank

	second int64
	text   [20]byte // "2006-01-02T15:04:05."
}

func newClock() clock {
	c := clock{day: math.MinInt64, second: math.MinInt64}
	c.text[19] = '.'
	return c
}

// split separates nanoseconds since 1970 into seconds, rounded down, and the rest.
func split(ns int64) (sec int64, rest uint64) {
	sec = ns / 1e9
	r := ns % 1e9
	if r < 0 {
		sec--
		r += 1e9
	}
	return sec, uint64(r)
}

// at returns the text of a second, with the point behind it, and the nanoseconds that remain.
func (c *clock) at(ns int64) (*[20]byte, uint64) {
	sec, rest := split(ns)
	if sec != c.second {
		c.set(sec)
	}
	return &c.text, rest
}

// atSecond is at for whole seconds since 1970.
func (c *clock) atSecond(sec int64) *[20]byte {
	if sec != c.second {
		c.set(sec)
	}
	return &c.text
}

func (c *clock) set(sec int64) {
	var buf [20]byte
	copy(c.text[:19], c.appendSecond(buf[:0], sec))
	c.second = sec
}

// appendSecond appends "2006-01-02T15:04:05".
func (c *clock) appendSecond(b []byte, sec int64) []byte {
	day := sec / secondsOfDay
	s := sec % secondsOfDay
	if s < 0 {
		day--
		s += secondsOfDay
	}
	if day != c.day {
		c.day, c.dayText = day, dayText(day)
	}
	n := len(b)
	b = room(b, 20)
	d := (*[20]byte)(b[n : n+20])
	*(*[16]byte)(d[:]) = c.dayText
	u := uint64(s)
	hours, minutes := u/3600, u/60
	put64(d[11:], eightDigits(hours*1_000_000+(minutes-60*hours)*1000+(u-60*minutes))+colons)
	return b[:n+19]
}

// appendTime appends a time attribute: RFC 3339 in its zone, the zeros at the end of the second cut off.
func (c *clock) appendTime(b []byte, t *record.Token) []byte {
	if !t.InNanos() {
		return t.Time().AppendFormat(b, time.RFC3339Nano)
	}
	sec, rest := split(int64(t.Num))
	b = c.appendSecond(b, sec+int64(t.Zone))
	if rest != 0 {
		b = appendFraction(b, rest)
	}
	if t.Zone == 0 {
		return append(b, 'Z')
	}
	return appendZone(b, int(t.Zone))
}

func appendZone(b []byte, seconds int) []byte {
	sign, minutes := byte('+'), seconds/60
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	n := len(b)
	b = append(b, "+00:00"...)
	b[n] = sign
	put2(b[n+1:], uint64(minutes/60))
	put2(b[n+4:], uint64(minutes%60))
	return b
}

// dayText returns the date of a day counted from 1970, for the years that fit in nanoseconds (1677 to 2262).
// The arithmetic counts from the 1st of March of the year 0 in eras of 400 years.
func dayText(day int64) (text [16]byte) {
	z := uint64(day + 719468)
	era := z / 146097
	doe := z % 146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	year, month := yoe+era*400, mp+3
	if month > 12 {
		month -= 12
		year++
	}
	put2(text[0:], year/100)
	put2(text[2:], year%100)
	text[4] = '-'
	put2(text[5:], month)
	text[7] = '-'
	put2(text[8:], doy-(153*mp+2)/5+1)
	text[10] = 'T'
	return text
}
