package destination

import (
	"github.com/hydra-logger/hydra/record"
)

// The reasons for which a worker itself drops a record, as the ledger names them.
const (
	DropUndecodable = "undecodable"     // its bytes are damaged, or of a later version
	DropFormatPanic = "formatter_panic" // the formatter can't cope with it
)

// build formats entries into the worker's batch.
func (w *Worker) build(entries []Entry) {
	b := &w.batch
	b.Data, b.Items, b.Attempt = b.Data[:0], b.Items[:0], 0
	w.addNotice()
	for i := 0; i < len(entries); {
		i += w.formatRun(entries[i:])
	}
}

// formatRun formats entries until the end, or until the formatter panics; it returns how many it has dealt with.
// One guard for the run instead of one for each record: that costs less.
func (w *Worker) formatRun(entries []Entry) (done int) {
	b := &w.batch
	start := len(b.Data)
	defer func() {
		if v := recover(); v != nil {
			b.Data = b.Data[:start]
			w.stats.drop(DropFormatPanic, entries[done].Priority)
			done++
		}
	}()
	for done < len(entries) {
		e := &entries[done]
		start = len(b.Data)
		if err := w.view.Decode(e.Payload); err != nil {
			w.stats.drop(DropUndecodable, e.Priority)
			done++
			continue
		}
		v := &w.view
		v.Journal, v.Position, v.Recovered = e.Journal, e.Position, e.Recovered
		b.Data = w.formatter.Append(b.Data, v)
		b.Items = append(b.Items, Item{Start: start, End: len(b.Data), Raw: e.Payload, Time: v.Time,
			Level: v.Level, Journal: e.Journal, Position: e.Position, Recovered: e.Recovered})
		done++
	}
	return done
}

// addNotice puts a record of ours before the batch. It has no item: it is not one of the journal's.
func (w *Worker) addNotice() {
	if w.o.Notice == nil {
		return
	}
	payload := w.o.Notice()
	if payload == nil {
		return
	}
	defer func() { _ = recover() }() // a formatter that can't cope with a notice does without
	if w.noticeView.Decode(payload) == nil {
		w.batch.Data = w.formatter.Append(w.batch.Data, &w.noticeView)
	}
	w.noticeView = record.View{}
}
