package amqpdest

import (
	"context"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hydra-logger/hydra/destination"
)

// Driver publishes records. It connects when it first delivers, and anew after a connection was lost.
type Driver struct {
	o    Options
	link *link // nil: not connected
}

// New returns a driver. It does not connect: a broker that is down is a failure that heals.
func New(o Options) (*Driver, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	return &Driver{o: o}, nil
}

// Deliver implements destination.Driver: it returns when the broker has confirmed each record. When the connection is
// lost it names the records that were not confirmed, so that the others do not come again.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	if len(b.Items) == 0 {
		return nil
	}
	a := &account{d: d, b: b, states: make([]error, len(b.Items)), known: make([]bool, len(b.Items))}
	for open := a.open(); len(open) > 0; open = a.open() {
		err := a.publish(ctx, open)
		if err != nil && ofTheRecord(err) {
			err = d.find(ctx, a, err)
		}
		if err != nil {
			if a.d.link != nil && (ctx.Err() != nil || a.d.link.conn.IsClosed()) {
				d.drop()
			}
			return a.outcome(err)
		}
	}
	return a.outcome(nil)
}

// find sends the record alone that the broker may have closed the channel for. It learns of at least one record what
// has become of it. Of the others that were under way nothing is known: they are sent again.
func (d *Driver) find(ctx context.Context, a *account, why error) error {
	open := a.open()
	i := suspect(why, a.b, open)
	err := a.publish(ctx, []int{i})
	if err != nil && ofTheRecord(err) {
		a.set(i, destination.Reject(err))
		return nil
	}
	return err
}

// account is what is known of the records of a batch.
type account struct {
	d      *Driver
	b      *destination.Batch
	known  []bool
	states []error // of those that are known: nil has arrived
}

func (a *account) set(i int, err error) { a.known[i], a.states[i] = true, err }

// open are the records of which nothing is known.
func (a *account) open() (all []int) {
	for i, known := range a.known {
		if !known {
			all = append(all, i)
		}
	}
	return all
}

// outcome is the answer of a delivery. The records of which nothing is known are tried again, because of err.
func (a *account) outcome(err error) error {
	var failed []destination.ItemError
	for i, known := range a.known {
		switch {
		case !known:
			failed = append(failed, destination.ItemError{Index: i, Err: destination.Retry(err, 0)})
		case a.states[i] != nil:
			failed = append(failed, destination.ItemError{Index: i, Err: a.states[i]})
		}
	}
	return destination.PartialOf(failed, len(a.b.Items))
}

// sent is a message that is under way.
type sent struct {
	index    int // of the record
	id       string
	confirm  *amqp.DeferredConfirmation
	returned bool
}

// publish sends some records, keeping up to MaxPending messages under way, and waits for their confirms.
func (a *account) publish(ctx context.Context, indexes []int) error {
	l, err := a.d.connect(ctx)
	if err != nil {
		return err
	}
	defer l.cutAt(ctx)()
	l.cork.hold()
	defer l.cork.release()
	pending := make([]sent, 0, len(indexes))
	oldest := 0
	for n, i := range indexes {
		for ; oldest <= n-a.d.o.MaxPending; oldest++ {
			if err := a.settle(ctx, l, pending[oldest:]); err != nil {
				return err
			}
		}
		key, m := a.d.message(a.b, &a.b.Items[i])
		c, err := l.channel.PublishWithDeferredConfirmWithContext(ctx, a.d.o.Exchange, key, !a.d.o.DiscardUnroutable, false, m)
		if err != nil {
			return a.sweep(ctx, l, pending[oldest:], err)
		}
		pending = append(pending, sent{index: i, id: m.MessageId, confirm: c})
	}
	for ; oldest < len(pending); oldest++ {
		if err := a.settle(ctx, l, pending[oldest:]); err != nil {
			return err
		}
	}
	return nil
}

// confirmed waits for the confirm of a message. What is waited for has to be sent first.
func (l *link) confirmed(ctx context.Context, c *amqp.DeferredConfirmation) error {
	select {
	case <-c.Done():
		return nil
	default:
	}
	l.cork.flush()
	select {
	case <-c.Done():
		return nil
	case <-ctx.Done():
		return l.late(context.Cause(ctx))
	}
}

// settle waits for the confirm of the first of some messages.
func (a *account) settle(ctx context.Context, l *link, pending []sent) error {
	first := &pending[0]
	if err := l.confirmed(ctx, first.confirm); err != nil {
		return err
	}
	if !first.confirm.Acked() && l.channel.IsClosed() {
		return a.sweep(ctx, l, pending, nil)
	}
	for range len(l.returns) {
		r := <-l.returns
		for i := range pending {
			if !pending[i].returned && pending[i].id == r.MessageId {
				pending[i].returned = true
				break
			}
		}
	}
	switch {
	case first.returned:
		a.set(first.index, destination.Retry(errUnrouted, 0))
	case !first.confirm.Acked():
		a.set(first.index, destination.Retry(errNacked, 0))
	default:
		a.set(first.index, nil)
	}
	return nil
}

// sweep takes down what was confirmed before the channel was closed, and says why it was.
func (a *account) sweep(ctx context.Context, l *link, pending []sent, err error) error {
	returned := map[string]bool{}
	for r := range l.returns { // closed with the channel
		returned[r.MessageId] = true
	}
	for i := range pending {
		p := &pending[i]
		if !p.confirm.Acked() {
			continue
		}
		if p.returned || returned[p.id] {
			a.set(p.index, destination.Retry(errUnrouted, 0))
		} else {
			a.set(p.index, nil)
		}
	}
	if ctx.Err() != nil {
		return l.late(context.Cause(ctx))
	}
	if why := l.reason(); why != errLost || err == nil {
		return why
	}
	return err
}

// Probe implements destination.Prober: it connects, logs in and opens a channel.
func (d *Driver) Probe(ctx context.Context) error {
	l, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer l.cutAt(ctx)()
	// A channel that is there tells nothing of the broker: it is asked something. An exchange that is not there closes
	// the channel, as a delivery would learn too.
	if d.o.Exchange != "" {
		err = l.channel.ExchangeDeclarePassive(d.o.Exchange, amqp.ExchangeDirect, true, false, false, false, nil)
	} else {
		err = l.channel.Confirm(false)
	}
	if err != nil {
		d.drop()
		return connectError(ctx, d.o.address, err)
	}
	return nil
}

// Describe implements destination.Describer.
func (d *Driver) Describe() string {
	scheme := "amqp://"
	if d.o.TLS != nil {
		scheme = "amqps://"
	}
	return scheme + d.o.address + " " + d.o.Exchange + "/" + d.o.RoutingKey
}

// Close implements destination.Driver.
func (d *Driver) Close(ctx context.Context) error {
	d.leave(ctx)
	return nil
}
