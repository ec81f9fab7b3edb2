package destination

import (
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// window decides how many batches of a [Concurrent] driver are under way. One more is allowed for each round of
// deliveries that took no longer than before; when they take longer, or fail, it goes down by a part of it: additive
// increase, multiplicative decrease, as in "Congestion Avoidance and Control", V. Jacobson, 1988. Memory bounds it too.
type window struct {
	mu       sync.Mutex
	limit    float64
	most     int           // the driver's, and what the memory for batches under way allows
	best     time.Duration // a delivery takes when nothing is crowded
	cut      time.Time     // of the last decrease: what began before it says nothing new
	checked  time.Time     // of the program's memory
	crowded  bool          // the program is near its memory limit
	memoryOf func() (used, limit int64)
}

const (
	// slowdown is how much longer than the best a delivery may take before the window shrinks.
	slowdown = 3
	// crowdedAt is the part of the memory limit, in percent, beyond which one batch at a time is under way.
	crowdedAt = 90
)

// newWindow allows for the driver's number and, of bytes for batches under way, as many as fit.
func newWindow(driver int, bytes, batch int) *window {
	return &window{limit: 1, most: max(1, min(driver, bytes/(2*batch))), memoryOf: programMemory} // bytes formatted, and as records
}

// size is the number of batches that may be under way now.
func (w *window) size() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := time.Now(); now.Sub(w.checked) > time.Second {
		w.checked = now
		used, limit := w.memoryOf()
		w.crowded = limit > 0 && used/100 > limit/100*crowdedAt/100
	}
	if w.crowded {
		return 1
	}
	return int(w.limit)
}

// observe notes a delivery that began at began, took so long, and arrived or not.
func (w *window) observe(began time.Time, took time.Duration, arrived bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !arrived:
		w.shrink(began, 0.5)
		return
	case w.best == 0 || took < w.best:
		w.best = took
	default:
		w.best += (took - w.best) / 256 // what was fast once need not be for ever
	}
	if took > slowdown*w.best {
		w.shrink(began, 0.8)
		return
	}
	w.limit = min(w.limit+1/w.limit, float64(w.most))
}

func (w *window) shrink(began time.Time, part float64) {
	if began.Before(w.cut) {
		return // it was under way when the window was larger
	}
	w.cut = time.Now()
	w.limit = max(1, w.limit*part)
}

// programMemory is what the Go program uses and may use (GOMEMLIMIT); limit is 0 when nobody has set one.
func programMemory() (used, limit int64) {
	limit = debug.SetMemoryLimit(-1)
	if limit == 1<<63-1 {
		return 0, 0
	}
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64() - sample[1].Value.Uint64()), limit
}
