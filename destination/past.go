package destination

import "errors"

// pastMark is how far an earlier run got in one journal.
type pastMark struct {
	Mark
	arrived bool // what lies before it is there; else it may be
}

// recoverIntents asks the driver what became of the batches that earlier runs were delivering when they
// ended: one a journal at most.
func (w *Worker) recoverIntents() {
	for last := (Mark{}); ; {
		var end Mark
		var intent []byte
		err := w.source.do(func() error { end, intent = w.source.PendingIntent(); return nil })
		if err != nil || intent == nil || end == last {
			return
		}
		last = end
		w.recoverIntent(end, intent)
	}
}

var errNoCheckpoint = errors.New("the destination can't tell what of it has arrived")

func (w *Worker) recoverIntent(end Mark, intent []byte) {
	arrived, err := false, errNoCheckpoint
	if w.check != nil {
		arrived, err = w.recoverDriver(intent)
	}
	if err != nil {
		w.event("a batch of the last run may be delivered twice", err)
	}
	if arrived || err != nil {
		w.past = append(w.past, pastMark{Mark: end, arrived: arrived})
	}
	err = w.source.do(func() error {
		if arrived {
			return w.source.Ack(end)
		}
		return w.source.Intent(end, nil)
	})
	if err != nil {
		w.stats.failed(err)
	}
}

func (w *Worker) recoverDriver(intent []byte) (arrived bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			arrived, err = false, panicError("the driver's Recover", v)
		}
	}()
	return w.check.Recover(intent)
}

// formatPast formats entries of which an earlier run may have delivered some.
func (w *Worker) formatPast(entries []Entry) {
	s := w.work
	for i := range entries {
		e := &entries[i]
		switch known, arrived := w.pastOf(e); {
		case !known:
		case arrived:
			s.arrived++
			continue
		default:
			s.repeated++
		}
		w.formatAll(entries[i : i+1])
	}
}

// pastOf says whether an earlier run was busy with a record, and whether it arrived. Marks that are behind us are forgotten.
func (w *Worker) pastOf(e *Entry) (known, arrived bool) {
	for i, m := range w.past {
		if m.Journal != e.Journal {
			continue
		}
		if e.End <= m.End {
			return true, m.arrived
		}
		w.past = append(w.past[:i], w.past[i+1:]...)
		return false, false
	}
	return false, false
}
