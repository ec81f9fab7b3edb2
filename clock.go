package hydra

import (
	"math"
	"sync/atomic"
	"time"
)

// clock tells the wall time for the price of the monotonic clock: reading both,
// as time.Now does, costs a log call twice as much. The offset between the two
// is measured again when a reading is more than a second past the last
// measurement, so a step of the wall clock is followed within a second.
type clock struct {
	start time.Time // holds the monotonic reading
	sync  atomic.Pointer[clockSync]
}

type clockSync struct {
	wall  int64         // unix nanoseconds at since
	since time.Duration // since start
}

const clockResync = time.Second

func newClock() *clock {
	c := &clock{start: time.Now()}
	c.sync.Store(&clockSync{wall: c.start.UnixNano()})
	return c
}

// unixNano is t in a record's form, which reaches from 1678 to 2262; a time beyond that is the nearest in it.
func unixNano(t time.Time) int64 {
	switch {
	case t.Before(earliest):
		return earliest.UnixNano()
	case t.After(latest):
		return math.MaxInt64
	}
	return t.UnixNano()
}

var earliest, latest = time.Unix(0, math.MinInt64+1), time.Unix(0, math.MaxInt64) // the least is record.NoTime

// now returns the wall time in unix nanoseconds.
func (c *clock) now() int64 {
	d := time.Since(c.start)
	s := c.sync.Load()
	if d-s.since < clockResync {
		return s.wall + int64(d-s.since)
	}
	return c.resync()
}

func (c *clock) resync() int64 {
	now := time.Now()
	s := &clockSync{wall: now.UnixNano(), since: now.Sub(c.start)}
	c.sync.Store(s)
	return s.wall
}
