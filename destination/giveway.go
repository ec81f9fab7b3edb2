package destination

import (
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// patience is how far behind a worker may get for the sake of callers.
const patience = time.Second

// stepBack is how long a worker leaves its processor to callers at once: about as long as the scheduler lets a goroutine run.
const stepBack = 10 * time.Millisecond

// giveWay lets callers go first where they keep all processors busy: what they accept is kept, and can be delivered
// when they rest. Else a worker takes as much of the processors as each of them. One that is far behind does, and
// one for which somebody waits.
func (w *Worker) giveWay(behind time.Duration) {
	w.crowded = false
	p, ok := w.o.Source.(Pressing)
	if !ok || behind >= patience || p.Pressed() || w.hasty || w.flush.Load() || w.stopping.Load() {
		return
	}
	runtime.Gosched() // whoever became ready by what this worker did, its delivery for one, comes first
	if !w.crowd.othersWait() {
		return
	}
	w.crowded = true
	w.crowd.work(false)
	called := p.Rest(w.ctx, stepBack)
	w.hasty = w.hasty || called // until it has caught up
}

// atWork is how many goroutines of all workers of the process have something to do. They are no callers.
var atWork atomic.Int64

// crowd looks at how many goroutines wait for a processor. It is of one goroutine.
type crowd struct {
	sample  []metrics.Sample
	working bool // and counted as at work
}

// work says whether the goroutine has something to do.
func (c *crowd) work(yes bool) {
	if yes == c.working {
		return
	}
	c.working = yes
	if yes {
		atWork.Add(1)
	} else {
		atWork.Add(-1)
	}
}

const runnable = "/sched/goroutines/runnable:goroutines"

// othersWait says whether a goroutine that is no worker's waits for a processor. It takes a microsecond.
func (c *crowd) othersWait() bool {
	if c.sample == nil {
		c.sample = []metrics.Sample{{Name: runnable}}
	}
	metrics.Read(c.sample)
	v := c.sample[0].Value
	return v.Kind() == metrics.KindUint64 && int64(v.Uint64()) > max(atWork.Load()-1, 0)
}
