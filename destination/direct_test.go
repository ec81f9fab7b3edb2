package destination

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/record"
)

func newDirect(d *fakeDriver) (*Direct, *[]string) {
	var events []string
	return NewDirect(DirectOptions{Name: "d", Driver: d, NewFormatter: func() format.Formatter { return &messages{} },
		OnEvent: func(text string, _ error) { events = append(events, text) }}), &events
}

func write(d *Direct, message string) {
	raw := payload(slog.LevelInfo, message)
	var v record.View
	if err := v.Decode(raw); err != nil {
		panic(err)
	}
	d.Write(&v, raw, 128)
}

func TestDirectHasWrittenWhenItReturns(t *testing.T) {
	driver := &fakeDriver{}
	d, _ := newDirect(driver)
	for _, m := range []string{"a", "b", "c"} {
		write(d, m)
		if got := driver.lines(); got[len(got)-1] != m+"\n" {
			t.Errorf("after %q there is %q", m, got)
		}
	}
	if err := d.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if s := d.Status(); s.Delivered != 3 || s.State != health.StateClosed || driver.closed != 1 {
		t.Errorf("%+v", s)
	}
}

func TestDirectCountsWhatCanNotBeWrittenAndTriesTheNextOneAnew(t *testing.T) {
	driver := &fakeDriver{}
	d, events := newDirect(driver)
	write(d, "a")
	driver.set(down)
	write(d, "b")
	write(d, "c")
	if s := d.Status(); s.State != health.StateRetrying || s.LastError == "" {
		t.Errorf("%+v", s)
	}
	driver.set(func(context.Context, *Batch) error { panic("driver bug") })
	write(d, "d")
	driver.set(nil)
	write(d, "e")
	if got := strings.Join(driver.lines(), ""); got != "a\ne\n" {
		t.Errorf("written %q", got)
	}
	if s := d.Status(); s.Delivered != 2 || s.Dropped[DropWriteFailed][128] != 3 || s.State != health.StateIdle {
		t.Errorf("%+v", s)
	}
	if len(*events) != 2 {
		t.Errorf("events %q", *events)
	}
	_ = d.Close(context.Background())
}

func TestDirectSurvivesAFormatterThatPanics(t *testing.T) {
	driver := &fakeDriver{}
	d, _ := newDirect(driver)
	write(d, "a")
	write(d, "panic")
	write(d, "b")
	if got := strings.Join(driver.lines(), ""); got != "a\nb\n" {
		t.Errorf("written %q", got)
	}
	if s := d.Status(); s.Delivered != 2 || s.Dropped[DropFormatPanic][128] != 1 {
		t.Errorf("%+v", s)
	}
	_ = d.Close(context.Background())
}

func TestDirectCountsWhatComesAfterClose(t *testing.T) {
	driver := &fakeDriver{}
	d, _ := newDirect(driver)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() { _ = d.Close(context.Background()) })
	}
	wg.Wait()
	write(d, "late")
	if s := d.Status(); s.Dropped[DropClosed][128] != 1 || driver.closed != 1 {
		t.Errorf("%+v, closed %d times", s, driver.closed)
	}
}

func TestDirectWritesWholeRecordsFromManyGoroutines(t *testing.T) {
	driver := &fakeDriver{}
	d, _ := newDirect(driver)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 100 {
				write(d, "x")
			}
		})
	}
	wg.Wait()
	if s := d.Status(); s.Delivered != 1600 || len(driver.lines()) != 1600 {
		t.Errorf("%+v, %d lines", s, len(driver.lines()))
	}
	_ = d.Close(context.Background())
}

// stuckWrite starts a write that does not return before deliver does, and waits until it is under way.
func stuckWrite(deliver func(ctx context.Context, b *Batch) error) (d *Direct, driver *fakeDriver, written chan struct{}) {
	entered := make(chan struct{})
	driver = &fakeDriver{deliver: func(ctx context.Context, b *Batch) error {
		close(entered)
		return deliver(ctx, b)
	}}
	d, _ = newDirect(driver)
	written = make(chan struct{})
	go func() { write(d, "stuck"); close(written) }()
	<-entered
	return d, driver, written
}

func TestCloseOfADirectReturnsInTimeAndNamesTheDestination(t *testing.T) {
	gate := make(chan struct{})
	d, driver, _ := stuckWrite(func(context.Context, *Batch) error { <-gate; return nil })
	if s := d.Status(); s.InFlight <= 0 {
		t.Errorf("%+v", s)
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	err := d.Close(ctx)
	if took := time.Since(start); !errors.Is(err, ErrBlocked) || !strings.Contains(err.Error(), `"d"`) || took > 2*time.Second {
		t.Errorf("after %v: %v", took, err)
	}
	close(gate)
	if err := d.Close(context.Background()); err != nil || driver.closed != 1 {
		t.Errorf("%v, closed %d times", err, driver.closed)
	}
}

func TestWriteOfADirectEndsWithTheContextOfClose(t *testing.T) {
	d, _, written := stuckWrite(func(ctx context.Context, _ *Batch) error { <-ctx.Done(); return ctx.Err() })
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := d.Close(ctx); err != nil {
		t.Error(err)
	}
	<-written
	if s := d.Status(); s.Dropped[DropWriteFailed][128] != 1 {
		t.Errorf("%+v", s)
	}
}

type quietDriver struct{}

func (quietDriver) Deliver(context.Context, *Batch) error { return nil }
func (quietDriver) Close(context.Context) error           { return nil }

func TestDirectAllocatesNothing(t *testing.T) {
	d := NewDirect(DirectOptions{Driver: quietDriver{}, NewFormatter: func() format.Formatter { return &messages{} }})
	raw := payload(slog.LevelInfo, "a")
	var v record.View
	if err := v.Decode(raw); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(1000, func() { d.Write(&v, raw, 128) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	_ = d.Close(context.Background())
}
