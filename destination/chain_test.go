package destination

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// upper is a chain that writes messages in capitals, and drops those that say so.
type upper struct {
	enc  record.Encoder
	view record.View
}

func newUpper() Chain { return &upper{} }

func (c *upper) Apply(v *record.View, _ []byte) (*record.View, []byte, string) {
	if v.Message == "drop" {
		return nil, nil, "chosen"
	}
	raw := c.enc.Encode(&record.Header{Time: v.Time, Level: v.Level, Layer: v.Layer, Message: strings.ToUpper(v.Message)}, nil, nil)
	if err := c.view.Decode(raw); err != nil {
		panic(err)
	}
	return &c.view, raw, ""
}

// raws keeps the messages of the binary form that a driver got, and fails first.
func raws(fail int) (func(context.Context, *Batch) error, func() []string) {
	var mu sync.Mutex
	var got []string
	return func(_ context.Context, b *Batch) error {
			mu.Lock()
			defer mu.Unlock()
			for i := range b.Items {
				got = append(got, strings.Clone(mustDecode(b.Items[i].Raw).Message))
			}
			if fail--; fail >= 0 {
				return errDown
			}
			return nil
		}, func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(got)
		}
}

func TestADriverSeesNothingButWhatTheProcessorsOfItsDestinationLeft(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.NewChain = newUpper }, func(r *rig) {
		deliver, got := raws(1)
		r.driver.set(deliver)
		for _, m := range []string{"a", "drop", "b"} {
			r.source.add(slog.LevelInfo, m)
		}
		last := r.source.add(slog.LevelInfo, "c")
		r.Start()
		sleep(time.Minute)
		r.want("A", "B", "C")
		if fmt.Sprint(got()) != "[A B C A B C]" {
			t.Errorf("the binary form says %v", got())
		}
		if s := r.Status(); s.Delivered != 3 || r.dropped("chosen") != 1 || !r.source.Reached(last) {
			t.Errorf("%+v", s)
		}
	})
}

func TestACursorMovesPastRecordsOfWhichTheProcessorsDropAll(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.NewChain = newUpper }, func(r *rig) {
		r.source.add(slog.LevelInfo, "drop")
		last := r.source.add(slog.LevelInfo, "drop")
		r.Start()
		if err := r.WaitAcked(context.Background(), last); err != nil {
			t.Error(err)
		}
		if r.want(); r.dropped("chosen") != 2 {
			t.Errorf("%+v", r.Status())
		}
	})
}

func TestManyBatchesKeepTheRecordsThatProcessorsMade(t *testing.T) { testKept(t, 7) }

func TestPartsOfABatchKeepTheRecordsThatProcessorsMade(t *testing.T) { testKept(t, 1000) }

func testKept(t *testing.T, records int) {
	t.Helper()
	inBubble(t, func(o *WorkerOptions) { o.NewChain, o.MaxRecords = newUpper, records }, func(r *rig) {
		deliver, got := raws(0)
		r.driver.set(deliver)
		var want []string
		for i := range 2000 {
			m := fmt.Sprintf("m%d%s", i, strings.Repeat("x", i%300))
			r.source.add(slog.LevelInfo, m)
			want = append(want, strings.ToUpper(m))
		}
		r.Start()
		sleep(time.Minute)
		if !slices.Equal(got(), want) {
			t.Error("the binary forms are not those of the records")
		}
	})
}

func TestADirectDestinationHasItsProcessorsToo(t *testing.T) {
	driver := &fakeDriver{}
	deliver, got := raws(0)
	driver.set(deliver)
	d := NewDirect(DirectOptions{Name: "d", Driver: driver, NewFormatter: func() format.Formatter { return &messages{} }, Chain: &upper{}})
	write(d, "a")
	write(d, "drop")
	if err := d.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if s := d.Status(); fmt.Sprint(driver.lines(), got()) != "[A\n] [A]" || s.Delivered != 1 || s.Dropped["chosen"][128] != 1 {
		t.Errorf("%q %q %+v", driver.lines(), got(), s)
	}
}
