package destination

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// checkDriver is a driver that remembers what it was asked about.
type checkDriver struct {
	*fakeDriver
	recover func(intent string) (bool, error)
	asked   []string
	intents int
}

func (d *checkDriver) Intent(b *Batch) []byte {
	d.intents++
	return fmt.Appendf(nil, "attempt %d of %d bytes", b.Attempt, len(b.Data))
}

func (d *checkDriver) Recover(intent []byte) (bool, error) {
	d.asked = append(d.asked, string(intent))
	return d.recover(string(intent))
}

// checked is a rig whose driver answers recover.
func checked(t *testing.T, recover func(string) (bool, error), test func(r *rig, d *checkDriver)) {
	d := &checkDriver{fakeDriver: &fakeDriver{}, recover: recover}
	inBubble(t, func(o *WorkerOptions) { o.Driver = d }, func(r *rig) {
		r.driver = d.fakeDriver
		test(r, d)
	})
}

func TestIntentIsStoredBeforeEachAttempt(t *testing.T) {
	checked(t, nil, func(r *rig, d *checkDriver) {
		stored := 0
		d.set(func(_ context.Context, b *Batch) error {
			stored++
			if got := r.source.intents[len(r.source.intents)-1].state; got != fmt.Sprintf("attempt %d of %d bytes", b.Attempt, len(b.Data)) {
				t.Errorf("at attempt %d the intent is %q", b.Attempt, got)
			}
			if b.Attempt < 3 {
				return errDown
			}
			return nil
		})
		mark := r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Minute)
		if len(r.source.intents) != 3 || stored != 3 || r.source.intents[2].end != mark {
			t.Errorf("intents %v", r.source.intents)
		}
	})
}

func TestBatchThatArrivedInAnEarlierRunIsNotDeliveredAgain(t *testing.T) {
	checked(t, func(string) (bool, error) { return true, nil }, func(r *rig, d *checkDriver) {
		r.source.add(slog.LevelInfo, "a")
		end := r.source.add(slog.LevelInfo, "b")
		last := r.source.add(slog.LevelInfo, "c")
		r.source.pending = []fakeIntent{{end, "state"}}
		r.Start()
		sleep(time.Second)
		r.want("c")
		if s := r.Status(); s.Delivered != 3 || s.Redelivered != 0 || !r.source.Reached(last) {
			t.Errorf("%+v", s)
		}
		if len(d.asked) != 1 || d.asked[0] != "state" || r.source.acks[0] != end {
			t.Errorf("asked %q, acknowledged %v", d.asked, r.source.acks)
		}
	})
}

func TestBatchThatWasWithdrawnIsDeliveredAgainAndNotCountedAsRedelivered(t *testing.T) {
	checked(t, func(string) (bool, error) { return false, nil }, func(r *rig, _ *checkDriver) {
		r.source.add(slog.LevelInfo, "a")
		r.source.pending = []fakeIntent{{r.source.add(slog.LevelInfo, "b"), "state"}}
		r.source.add(slog.LevelInfo, "c")
		r.Start()
		sleep(time.Second)
		r.want("a", "b", "c")
		if s := r.Status(); s.Delivered != 3 || s.Redelivered != 0 || len(r.events) != 0 {
			t.Errorf("%+v %q", s, r.events)
		}
	})
}

func TestRecordsThatMayBeThereTwiceAreReportedAndCounted(t *testing.T) {
	for name, recover := range map[string]func(string) (bool, error){
		"error": func(string) (bool, error) { return false, errors.New("the file is gone") },
		"panic": func(string) (bool, error) { panic("the file is gone") },
	} {
		t.Run(name, func(t *testing.T) {
			checked(t, recover, func(r *rig, _ *checkDriver) {
				r.source.add(slog.LevelInfo, "a")
				r.source.pending = []fakeIntent{{r.source.add(slog.LevelInfo, "b"), "state"}}
				r.source.add(slog.LevelInfo, "c")
				r.Start()
				sleep(time.Second)
				r.want("a", "b", "c")
				if s := r.Status(); s.Delivered != 3 || s.Redelivered != 2 {
					t.Errorf("%+v", s)
				}
				if len(r.events) != 1 || !strings.Contains(r.events[0], "the file is gone") {
					t.Errorf("events %q", r.events)
				}
			})
		})
	}
}

func TestEveryJournalsLastBatchIsAskedAbout(t *testing.T) {
	answers := map[string]bool{"of the adopted": true, "of our own": false}
	checked(t, func(intent string) (bool, error) { return answers[intent], nil }, func(r *rig, d *checkDriver) {
		adopted := r.source.addRaw('a', slog.LevelInfo, payload(slog.LevelInfo, "old"))
		own := r.source.add(slog.LevelInfo, "own")
		r.source.pending = []fakeIntent{{adopted, "of the adopted"}, {own, "of our own"}}
		r.Start()
		sleep(time.Second)
		r.want("own")
		if len(d.asked) != 2 {
			t.Errorf("asked %q", d.asked)
		}
	})
}

func TestDriverThatCanNotTellCountsRedeliveries(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.source.pending = []fakeIntent{{r.source.add(slog.LevelInfo, "a"), "of another driver"}}
		r.Start()
		sleep(time.Second)
		r.want("a")
		if s := r.Status(); s.Redelivered != 1 || len(r.events) != 1 {
			t.Errorf("%+v %q", s, r.events)
		}
	})
}

func TestNoticeAloneHasNoIntent(t *testing.T) {
	given := false
	d := &checkDriver{fakeDriver: &fakeDriver{}}
	inBubble(t, func(o *WorkerOptions) {
		o.Driver = d
		o.Notice = func() []byte {
			if given {
				return nil
			}
			given = true
			return payload(slog.LevelWarn, "dropped some")
		}
	}, func(r *rig) {
		r.driver = d.fakeDriver
		r.Start()
		sleep(time.Second)
		r.want("dropped some")
		if s := r.Status(); s.LastError != "" || d.intents != 0 {
			t.Errorf("%d intents, %+v", d.intents, s)
		}
	})
}
