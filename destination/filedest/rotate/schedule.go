package rotate

import (
	"fmt"
	"slices"
	"time"
)

// Schedule says when a file has to be rotated for its age.
type Schedule struct {
	// Interval since the file was begun; 0: none.
	Interval time.Duration
	at       []clock
	zone     *time.Location
}

// clock is a time of day.
type clock struct{ hour, minute, second int }

// NewSchedule reads times of day, "15:04" or "15:04:05", which are those of the zone.
func NewSchedule(interval time.Duration, at []string, zone *time.Location) (Schedule, error) {
	s := Schedule{Interval: interval, zone: zone}
	if interval < 0 {
		return s, fmt.Errorf("the rotation interval %v is negative", interval)
	}
	for _, text := range at {
		t, err := time.Parse("15:04", text)
		if err != nil {
			t, err = time.Parse("15:04:05", text)
		}
		if err != nil {
			return s, fmt.Errorf("rotate_at: %q is no time of day: write 00:00 or 23:59:30", text)
		}
		if c := (clock{t.Hour(), t.Minute(), t.Second()}); !slices.Contains(s.at, c) {
			s.at = append(s.at, c)
		}
	}
	return s, nil
}

// Next returns the first instant after begun at which a file that was begun then is due; zero if there is none.
// Each time of day comes exactly once a day: one that the clocks skip in spring is the moment of the change, one
// that comes twice in autumn counts once.
func (s *Schedule) Next(begun time.Time) time.Time {
	var next time.Time
	consider := func(t time.Time) {
		if t.After(begun) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if s.Interval > 0 {
		consider(begun.Add(s.Interval))
	}
	if len(s.at) == 0 {
		return next
	}
	y, m, d := begun.In(s.zone).Date()
	for _, c := range s.at {
		for day := -1; day <= 2; day++ {
			consider(c.on(y, m, d+day, s.zone))
		}
	}
	return next
}

// on is the time of day on a date.
func (c clock) on(y int, m time.Month, d int, zone *time.Location) time.Time {
	t := time.Date(y, m, d, c.hour, c.minute, c.second, 0, zone)
	if t.Hour() == c.hour && t.Minute() == c.minute {
		return t
	}
	start, end := t.ZoneBounds() // the clocks skip this time
	if wanted := c.hour*60 + c.minute; t.Hour()*60+t.Minute() > wanted {
		return start
	}
	return end
}

// Due reports whether a file that was begun then has to be rotated now.
func (s *Schedule) Due(begun, now time.Time) bool {
	next := s.Next(begun)
	return !next.IsZero() && !now.Before(next)
}
