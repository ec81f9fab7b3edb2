package destination

import (
	"errors"
	"runtime"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// A worker that reads many records at once has other goroutines format parts of them while it formats the first
// one itself, and puts the results together in order:
//
//	worker   read │ format part 1 │ append parts 2, 3, … │ read …
//	helper 2      │ format part 2 ┤
//	helper 3      │ format part 3 ┤
//
// Where all processors are busy, no other one takes a helper over, and it runs when the worker waits for
// it: nothing is gained then, and nobody else is kept from the processors.

const (
	leastPart = 64 // records; fewer are not worth a goroutine
	mostParts = 8
)

// helper formats a part. It has what a formatting goroutine needs for itself.
type helper struct {
	formatter format.Formatter
	chain     Chain // or nil
	renewed   func() format.Formatter
	view      record.View
	part      scratch
	errs      []error
	done      chan struct{}
}

var errFormatGoexit = &formatterPanic{errors.New("it called runtime.Goexit")}

// parts is into how many parts n records are cut. One processor is left to the delivery of the batch before.
func (w *Worker) parts(n int) int {
	if !w.overlap || w.crowded {
		return 1
	}
	return min(n/leastPart, runtime.GOMAXPROCS(0)-1, mostParts)
}

func (w *Worker) formatParts(entries []Entry, parts int) {
	for len(w.helpers) < parts-1 {
		w.helpers = append(w.helpers, &helper{formatter: w.o.NewFormatter(), chain: w.o.newChain(), renewed: w.o.NewFormatter, done: make(chan struct{}, 1)})
	}
	size := (len(entries) + parts - 1) / parts
	first, rest := entries[:size], entries[size:]
	used := 0
	for i := 0; len(rest) > 0; i++ {
		n := min(size, len(rest))
		used++
		go w.helpers[i].format(rest[:n])
		rest = rest[n:]
	}
	w.formatHere(first)
	for _, h := range w.helpers[:used] {
		<-h.done
		w.takePart(h)
	}
}

// format formats a part in a goroutine of its own.
func (h *helper) format(entries []Entry) {
	p := &h.part
	p.keep = keepBytes
	p.reset()
	bytes, items, drops := 0, 0, 0 // when the run began
	defer func() {
		if len(entries) > 0 { // the formatter ended the goroutine: the records of the run are dropped
			p.batch.Data, p.batch.Items, p.drops = p.batch.Data[:bytes], p.batch.Items[:items], p.drops[:drops]
			h.failed(errFormatGoexit)
			for i := range entries {
				p.drops = append(p.drops, dropped{DropFormatPanic, entries[i].Priority})
			}
		}
		h.done <- struct{}{}
	}()
	for len(entries) > 0 {
		bytes, items, drops = len(p.batch.Data), len(p.batch.Items), len(p.drops)
		n, err := p.formatRun(h.formatter, h.chain, &h.view, entries)
		entries = entries[n:]
		if err != nil {
			h.failed(err)
		}
	}
}

// failed notes what the worker reports. A formatter that panicked is replaced, unless their maker panics as well.
func (h *helper) failed(err error) {
	h.errs = append(h.errs, err)
	if !isPanic(err) {
		return
	}
	defer func() { _ = recover() }()
	h.formatter = h.renewed()
}

// takePart appends what a helper has formatted to the batch.
func (w *Worker) takePart(h *helper) {
	b, p := &w.work.batch, &h.part
	at := len(b.Data)
	b.Data = append(b.Data, p.batch.Data...)
	for _, item := range p.batch.Items {
		item.Start, item.End = item.Start+at, item.End+at
		b.Items = append(b.Items, item)
	}
	w.work.drops = append(w.work.drops, p.drops...)
	w.work.urgent = w.work.urgent || p.urgent
	for _, err := range h.errs {
		w.reportDropped(err)
	}
	clear(h.errs)
	h.errs = h.errs[:0]
	clear(p.batch.Items)
	p.made = nil // it is the batch's now
}

func isPanic(err error) bool {
	var p *formatterPanic
	return errors.As(err, &p)
}
