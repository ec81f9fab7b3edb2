package wsdest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/coder/websocket"

	"github.com/hydra-logger/hydra/destination"
)

var errSilent = errors.New("the server does not answer")

// flight is a batch on its way.
type flight struct {
	l     *link
	b     *destination.Batch
	first uint64 // number on this connection of the batch's first record that was sent
	sent  []int  // index in the batch of each record that was sent
	done  int    // of sent: acknowledged
	ids   map[string]int
	bad   []destination.ItemError
	isBad map[int]bool // by index in the batch
}

func (l *link) begin(b *destination.Batch) *flight {
	f := &flight{l: l, b: b, first: l.count + 1, isBad: map[int]bool{}}
	if l.d.o.Ack == AckID {
		f.ids = make(map[string]int, len(b.Items))
	}
	l.listen(true)
	return f
}

// send sends the records.
func (f *flight) send(ctx context.Context) error {
	o := &f.l.d.o
	kind := websocket.MessageText
	if o.Binary {
		kind = websocket.MessageBinary
	}
	for i := range f.b.Items {
		it := &f.b.Items[i]
		rec := f.b.Data[it.Start:it.End]
		if !o.Binary {
			rec = bytes.TrimSuffix(rec, []byte("\n"))
		}
		if o.MaxMessage > 0 && len(rec) > o.MaxMessage {
			f.reject(i, fmt.Errorf("a record of %d bytes is larger than max_message, %d", len(rec), o.MaxMessage))
			continue
		}
		if err := f.write(ctx, kind, rec); err != nil {
			return err
		}
		if id := destination.IdempotencyKey(it); f.ids != nil && id != "" {
			f.ids[id] = len(f.sent)
		}
		f.sent = append(f.sent, i)
		f.l.count++
	}
	return nil
}

func (f *flight) write(ctx context.Context, kind websocket.MessageType, rec []byte) error {
	limited, cancel := context.WithTimeout(ctx, f.l.d.o.Timeout)
	defer cancel()
	err := f.l.conn.Write(limited, kind, rec)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return errSilent
	}
	return err
}

// wait waits until the server has acknowledged all of it.
func (f *flight) wait(ctx context.Context) error {
	if len(f.sent) == 0 {
		return nil
	}
	if f.l.d.o.Ack == AckPing || f.ids != nil && len(f.ids) == 0 { // no record has an id
		return f.waitPong(ctx)
	}
	t := time.NewTimer(f.l.d.o.Timeout)
	defer t.Stop()
	for {
		f.look()
		if f.done >= f.needed() {
			f.done = len(f.sent)
			return nil
		}
		select {
		case <-f.l.news:
			t.Reset(f.l.d.o.Timeout)
		case <-f.l.over:
			f.look()
			if f.done >= f.needed() {
				f.done = len(f.sent)
				return nil
			}
			return f.l.err
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
			return fmt.Errorf("%w with an ack for %v", errSilent, f.l.d.o.Timeout)
		}
	}
}

func (f *flight) waitPong(ctx context.Context) error {
	if err := f.l.ping(ctx); err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("%w to a ping for %v", errSilent, f.l.d.o.Timeout)
		}
		return err
	}
	f.done = len(f.sent)
	return nil
}

// needed is how many records have to be acknowledged: those behind the last one that has an id can't be.
func (f *flight) needed() int {
	n := len(f.sent)
	for ; f.ids != nil && n > 0; n-- {
		if destination.IdempotencyKey(&f.b.Items[f.sent[n-1]]) != "" {
			return n
		}
	}
	return n
}

// look takes note of what the server has said.
func (f *flight) look() {
	for _, a := range f.l.answers() {
		k, ours := f.place(a)
		if !ours {
			continue
		}
		if a.reject && k < len(f.sent) {
			f.reject(f.sent[k], f.l.d.discreet(fmt.Errorf("%s: the server rejects the record: %q", f.l.d.name, a.why)))
			continue
		}
		f.done = max(f.done, k+1)
	}
	f.skipRejected()
}

// skipRejected counts rejected records that follow what is acknowledged as done.
func (f *flight) skipRejected() {
	for f.done < len(f.sent) && f.isBad[f.sent[f.done]] {
		f.done++
	}
}

// place is the index in sent of the record that an answer names.
func (f *flight) place(a answer) (k int, ours bool) {
	if f.ids != nil {
		k, ours = f.ids[a.id]
		return k, ours
	}
	if a.id != "" || a.count < f.first || a.count >= f.first+uint64(len(f.sent)) {
		return 0, false
	}
	return int(a.count - f.first), true
}

func (f *flight) reject(i int, err error) {
	if f.isBad[i] {
		return // the server says it again
	}
	f.isBad[i] = true
	f.bad = append(f.bad, destination.ItemError{Index: i, Err: destination.Reject(err)})
}

// outcome says what became of the batch, whose delivery ended with err.
func (f *flight) outcome(err error) error {
	if err == nil {
		return destination.Partial(f.bad)
	}
	if f.done == 0 && len(f.bad) == 0 {
		return err
	}
	if destination.OutcomeOf(err).Kind == destination.Rejected {
		err = destination.Retry(err, 0) // it is not known which of the rest is at fault: they come again as a batch of their own
	}
	settled := maps.Clone(f.isBad)
	for _, i := range f.sent[:f.done] {
		settled[i] = true
	}
	all := f.bad
	for i := range f.b.Items {
		if !settled[i] {
			all = append(all, destination.ItemError{Index: i, Err: err})
		}
	}
	return destination.Partial(all)
}
