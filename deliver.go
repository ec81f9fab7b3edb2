package hydra

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/journal"
	"github.com/hydra-logger/hydra/record"
)

// makeWorker gives a destination its place in the journal and its worker.
func (e *engine) makeWorker(d *dest, make func() format.Formatter) error {
	if d.source == nil {
		s, err := newSource(e, d)
		if err != nil {
			return fmt.Errorf("hydra: destination %q: %w", d.cfg.Name, err)
		}
		d.source = s
	}
	if d.dead == nil {
		d.dead = e.openDeadLetters(d)
	}
	o := e.workerOptions(d, make)
	o.Source, o.Notice = d.source, d.notice
	if d.dead != nil {
		o.DeadLetters = d.dead
	}
	if d.fallback != nil {
		o.Fallback = d.fallback.standby
	}
	d.worker = destination.NewWorker(o)
	return nil
}

// workerOptions are what the configuration says of a destination's worker.
func (e *engine) workerOptions(d *dest, make func() format.Formatter) destination.WorkerOptions {
	c, n := &d.cfg.Delivery, &d.cfg.Network
	o := destination.WorkerOptions{
		Name: d.cfg.Name, Driver: d.driver, NewFormatter: make, NewChain: e.newChainOf(d), OnEvent: e.eventsOf(d), Context: withOrigin(d),
		MaxBytes: c.BufferSize, MaxRecords: n.BatchSize, MaxAge: cmp.Or(c.FlushInterval, n.BatchInterval),
		RetryMin: c.RetryDelay, Timeout: n.Timeout, Unordered: c.Ordered != nil && !*c.Ordered,
		InFlightBytes: e.flyingBytes(),
	}
	if o.Timeout == 0 && !d.local {
		o.Timeout = deliveryTimeout
	}
	if c.RetryCount != nil {
		o.GiveUpAfter = *c.RetryCount + 1
	}
	return o
}

// deliveryTimeout is the longest that a delivery to another machine may take, where the configuration does not say.
const deliveryTimeout = 30 * time.Second

func (e *engine) eventsOf(d *dest) func(text string, err error) {
	return func(text string, err error) {
		e.notes.write(Event{Subject: "destination " + d.cfg.Name, Text: text, Err: err})
	}
}

// status is what a destination says of itself, with drops by band, and with the counts of those that it has replaced.
func (d *dest) status() destination.Status {
	s := d.ownStatus()
	if d.legacy != nil {
		d.legacy.addTo(&s)
	}
	return s
}

func (d *dest) ownStatus() destination.Status {
	if d.direct != nil {
		return d.direct.Status()
	}
	return d.worker.Status()
}

func (d *dest) target() string {
	if s, ok := d.driver.(destination.Describer); ok {
		return s.Describe()
	}
	return ""
}

// byBand turns counts by priority into counts by level name.
func byBand(counts map[uint8]uint64) health.Counts {
	out := health.Counts{}
	for p, n := range counts {
		out[bandNames[bandOfPriority(p)]] += n
	}
	return out
}

// onFull decides what is given up when the journal has no room: each destination that holds
// the oldest segment does what its policy says. One whose policy is to block keeps the room.
func (e *engine) onFull(ev journal.FullEvent) journal.FullAction {
	action := journal.FullWait
	for _, r := range ev.Pinning {
		d := e.destOf(r)
		if d == nil || d.blocks() {
			return journal.FullWait
		}
	}
	for _, r := range ev.Pinning {
		if e.giveUp(e.destOf(r), r) {
			action = journal.FullRetry
		}
	}
	return action
}

// giveUp makes a destination's policy give up a segment, and tells the outside what that cost.
func (e *engine) giveUp(d *dest, r *journal.Reader) bool {
	before := d.drops.lost()
	made := d.giveUp(r)
	if n := d.drops.lost() - before; n > 0 {
		e.notes.write(Event{Subject: "destination " + d.cfg.Name,
			Text: fmt.Sprintf("the journal is full: %d records were dropped to make room", n)})
	}
	return made
}

func (e *engine) destOf(r *journal.Reader) *dest {
	for _, d := range e.dests() {
		if d.source != nil && d.source.owns(r) {
			return d
		}
	}
	return nil
}

// onJournalEvent keeps what the journal reports for health, and tells the outside.
func (e *engine) onJournalEvent(ev journal.Event) {
	e.journalEvents.add(ev)
	if ev.Kind == journal.EventRoom {
		return
	}
	if ev.Kind == journal.EventRemoved {
		e.runAgain(ev.File)
	}
	text := "journal: " + ev.Text
	if ev.File != "" {
		text += " (" + ev.File + ")"
	}
	e.notes.write(Event{Text: text, Err: ev.Err})
}

// noteDrop tells the outside that a call's record could not be kept.
func (e *engine) noteDrop(reason string, err error) {
	if errors.Is(err, journal.ErrClosed) {
		return // the call met the end of Close, and is counted
	}
	e.notes.write(Event{Text: "records are dropped: " + reason, Err: err})
}

// notice returns the record that tells a destination's readers what was dropped since the last one, nil if nothing was.
func (d *dest) notice() []byte {
	d.noticeMu.Lock()
	defer d.noticeMu.Unlock()
	total := d.drops.lost()
	if total == d.noticed {
		return nil
	}
	n := total - d.noticed
	d.noticed = total
	return d.encodeNotice(n)
}

func (d *dest) encodeNotice(n uint64) []byte {
	var enc record.Encoder
	h := record.Header{Time: time.Now().UnixNano(), Level: LevelWarning, Layer: d.noticeLayer,
		Message: fmt.Sprintf("%d records were dropped for this destination", n)}
	return append([]byte{}, enc.Encode(&h, nil, d.drops.attrs(n))...)
}

// flyingBytes bounds the batches under way of one destination by the memory that the journal may map, which follows
// the control group's limit.
func (e *engine) flyingBytes() int {
	if e.journal == nil {
		return 0
	}
	return int(e.journal.Stats().MappedLimit.Bytes / 4)
}
