package hydratest

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/health"
)

// withFault returns a logger with a faulty destination "bad" beside the recorder.
func withFault(t TB, f *Faulty) (*hydra.Logger, *Recorder) {
	return New(t, hydra.WithDestination("", hydra.DestinationOptions{Name: "bad", Driver: f}))
}

func ledgerOf(log *hydra.Logger, name string) health.Destination {
	for _, d := range log.Health().Destinations {
		if d.Name == name {
			return d
		}
	}
	return health.Destination{}
}

func TestFaultyDestinationTakesEverythingOnceItIsHealed(t *testing.T) {
	for name, fault := range map[string]func(f *Faulty){
		"blocks":       (*Faulty).Block,
		"hangs":        (*Faulty).Hang,
		"fails":        func(f *Faulty) { f.Fail(nil, -1) },
		"writes short": func(f *Faulty) { f.WriteShort(10) },
		"is slow":      func(f *Faulty) { f.Slow(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			f := &Faulty{}
			fault(f)
			log, rec := withFault(t, f)
			for i := range 100 {
				log.Info(ctx, "m", slog.Int("n", i))
			}
			rec.ExpectCount(100) // whatever the other destination does
			if l := ledgerOf(log, "bad").Ledger; f.Delivered() != 0 || l.Delivered != 0 || l.Pending != 100 {
				t.Errorf("delivered %d, ledger %+v", f.Delivered(), l)
			}
			if name == "is slow" {
				return // the end of the test is the end of its delivery
			}
			f.Heal()
			if err := log.Flush(ctx); err != nil {
				t.Fatal(err)
			}
			if n := f.Delivered(); n != 100 {
				t.Errorf("%d delivered after healing", n)
			}
		})
	}
}

func TestFailingDestinationFailsAsOftenAsItWasTold(t *testing.T) {
	f := &Faulty{}
	f.Fail(nil, 2)
	log, _ := withFault(t, f)
	log.Info(ctx, "m")
	if err := log.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if d := ledgerOf(log, "bad"); f.Calls() != 3 || f.Delivered() != 1 || d.Retries != 2 || !strings.Contains(d.LastError, ErrFaulty.Error()) {
		t.Errorf("%d calls, %d delivered, %+v", f.Calls(), f.Delivered(), d)
	}
}

func TestShortWritesLeaveTheirBytes(t *testing.T) {
	f := &Faulty{}
	f.WriteShort(5)
	log, _ := withFault(t, f)
	log.Info(ctx, "m")
	for f.Calls() == 0 {
		time.Sleep(time.Millisecond)
	}
	f.Heal()
	if err := log.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	torn := f.Calls() - 1
	if want := bytes.Repeat(f.Bytes()[:5], torn); !bytes.HasPrefix(f.Bytes(), want) || bytes.Count(f.Bytes(), []byte("\n")) != 1 {
		t.Errorf("%q after %d short writes", f.Bytes(), torn)
	}
}

func TestATestEndsInTimeWithADestinationThatHangs(t *testing.T) {
	f := &Faulty{Remote: true}
	f.Hang()
	tb := &fakeTB{dir: t.TempDir()}
	log, _ := withFault(tb, f)
	log.Info(ctx, "m")
	start := time.Now()
	tb.end()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the end took %v", took)
	}
	if len(tb.errors) > 0 {
		t.Errorf("%q", tb.errors)
	}
	f.Heal()
}
