package rotate

import (
	"testing"
	"time"
	_ "time/tzdata" // a machine with nothing but Go has it so
)

func TestTimesOfDayComeOnceADayWhateverTheClocksDo(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"00:00", "02:00", "02:30", "03:00", "23:59:59"} {
		s, err := NewSchedule(0, []string{at}, zone)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Date(2025, 12, 31, 23, 59, 59, 5e8, zone)
		for day := range 364 {
			next := s.Next(begun)
			want := time.Date(2026, 1, 1+day, 12, 0, 0, 0, zone)
			if next.Format(time.DateOnly) != want.Format(time.DateOnly) {
				t.Fatalf("%s: after %v comes %v", at, begun, next)
			}
			if s.Due(begun, next.Add(-1)) || !s.Due(begun, next) {
				t.Fatalf("%s: not due at %v exactly", at, next)
			}
			begun = next
		}
	}
}

func TestTimeThatTheClocksSkipIsTheMomentOfTheChange(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := NewSchedule(0, []string{"02:30"}, zone)
	got := s.Next(time.Date(2026, 3, 29, 0, 0, 0, 0, zone))
	if want := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheEarliestOfIntervalAndTimesOfDayCounts(t *testing.T) {
	s, err := NewSchedule(5*time.Hour, []string{"18:00", "06:00"}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for begun, want := range map[string]string{"12:00": "17:00", "14:00": "18:00", "04:00": "06:00", "20:00": "01:00"} {
		b, _ := time.Parse("15:04", begun)
		if got := s.Next(b).Format("15:04"); got != want {
			t.Errorf("a file begun at %s is due at %s, want %s", begun, got, want)
		}
	}
	if s := (&Schedule{}); !s.Next(noon).IsZero() {
		t.Error("without times something is due")
	}
	for _, bad := range []string{"24:00", "noon", "", "1:2:3:4"} {
		if _, err := NewSchedule(0, []string{bad}, time.UTC); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
