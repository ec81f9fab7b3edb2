package destination

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// touchy panics or ends the goroutine at certain messages, and has a fault as soon as two goroutines use it.
type touchy struct{ busy bool }

func (f *touchy) Append(dst []byte, v *record.View) []byte {
	if f.busy {
		panic("a formatter is used by two goroutines, or after it has panicked")
	}
	f.busy = true
	switch {
	case strings.HasSuffix(v.Message, "panics"):
		_ = append(dst, "half a rec"...)
		panic("can't")
	case strings.HasSuffix(v.Message, "exits"):
		_ = append(dst, "half a rec"...)
		runtime.Goexit()
	}
	dst = append(append(dst, v.Message...), '\n')
	f.busy = false
	return dst
}

func manyAtOnce(o *WorkerOptions) {
	o.NewFormatter = func() format.Formatter { return &touchy{} }
	o.MaxRecords = 4096
}

func TestPartsThatOthersFormatComeInOrder(t *testing.T) {
	old := runtime.GOMAXPROCS(4)
	defer runtime.GOMAXPROCS(old)
	inBubble(t, manyAtOnce, func(r *rig) {
		r.overlap = true
		var want []string
		for i := range 20_000 {
			want = append(want, fmt.Sprint(i))
			r.source.add(slog.LevelInfo, fmt.Sprint(i))
		}
		r.Start()
		sleep(time.Hour)
		r.want(want...)
		if len(r.helpers) != 0 {
			t.Error("a worker that sleeps keeps its helpers")
		}
	})
}

func TestARecordThatAHelperCantFormatIsDroppedAlone(t *testing.T) {
	old := runtime.GOMAXPROCS(4)
	defer runtime.GOMAXPROCS(old)
	inBubble(t, manyAtOnce, func(r *rig) {
		r.overlap = true
		var want []string
		for i := range 10_000 {
			message := fmt.Sprint(i)
			if i%97 == 0 {
				message += " panics"
			} else {
				want = append(want, message)
			}
			r.source.add(slog.LevelInfo, message)
		}
		r.Start()
		sleep(time.Hour)
		r.want(want...)
		if s := r.Status(); s.Delivered != uint64(len(want)) {
			t.Errorf("%d delivered, want %d: %+v", s.Delivered, len(want), s)
		}
	})
}

func TestAHelperThatEndsLosesNoRecordInSilence(t *testing.T) {
	h := &helper{formatter: &touchy{}, renewed: func() format.Formatter { return &touchy{} }, done: make(chan struct{}, 1)}
	broken := h.formatter
	var entries []Entry
	for i := range 10 {
		message := fmt.Sprint(i)
		switch i {
		case 3:
			message += " panics" // ends a run, so that what is before it is kept
		case 6:
			message += " exits"
		}
		entries = append(entries, Entry{Payload: payload(slog.LevelInfo, message)})
	}
	go h.format(entries)
	<-h.done
	p := &h.part
	if string(p.batch.Data) != "0\n1\n2\n" || len(p.batch.Items) != 3 || len(p.drops) != 7 || len(h.errs) != 2 {
		t.Errorf("%q, %d items, %d drops, %v", p.batch.Data, len(p.batch.Items), len(p.drops), h.errs)
	}
	if h.formatter == broken {
		t.Error("the formatter is not replaced")
	}
}
