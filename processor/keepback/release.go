package keepback

import (
	"log/slog"
	"time"

	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/record"
)

type released struct {
	payload []byte
	why     string
	at      time.Duration
}

// patience is how long the call that let records out has to emit them itself, before its own record.
const patience = time.Second

// Recover makes records due that an earlier run held when it ended: they are written at the next Emit.
func (k *Keeper) Recover(payloads [][]byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range payloads {
		k.out = append(k.out, released{p, Recovered, time.Since(k.start)})
	}
	k.ready.Store(len(k.out) > 0)
}

// Ready implements processor.Emitter: an error let records out.
func (k *Keeper) Ready() bool { return k.ready.Load() }

// Emit implements processor.Emitter. Closing gives up what is held: the run ended well.
func (k *Keeper) Emit(when processor.Occasion, out func(e *record.Event)) (next time.Time) {
	var ev record.Event
	var v record.View
	list, wait := k.take(when)
	for _, r := range list {
		if v.Decode(r.payload) != nil || ev.Set(&v) != nil {
			continue // EncodeEvent made it: it always decodes
		}
		ev.Attrs = append(ev.Attrs, slog.String(Key, r.why))
		out(&ev)
	}
	if wait < 0 {
		return time.Time{}
	}
	return time.Now().Add(wait)
}

// take returns what is to be emitted now, and when to come again, below 0 when nothing waits.
func (k *Keeper) take(when processor.Occasion) (out []released, wait time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if when == processor.Due && len(k.out) > 0 {
		if age := time.Since(k.start) - k.out[0].at; age < patience {
			return nil, patience - age
		}
	}
	out, k.out = k.out, nil
	k.ready.Store(false)
	if when == processor.Closing {
		k.closed = true
		k.flows, k.queue, k.opened, k.n, k.size = nil, queue[*held]{}, queue[*flow]{}, 0, 0
	}
	return out, -1
}

// Held is the number of records that are held now, and their bytes.
func (k *Keeper) Held() (records, bytes int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.n, k.size
}

// Flows is the number of correlation ids that are known now.
func (k *Keeper) Flows() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.flows)
}
