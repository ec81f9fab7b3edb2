package mqttdest

import (
	"context"
	"errors"
	"fmt"

	"github.com/eclipse/paho.golang/paho"

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

// Deliver implements destination.Driver: it returns when the broker has acknowledged each record. When the connection is
// lost it names the records that were not acknowledged, so that the others do not come again.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	a := &account{b: b, known: make([]bool, len(b.Items)), states: make([]error, len(b.Items))}
	for open := a.open(); len(open) > 0; open = a.open() {
		err := d.publish(ctx, a, open)
		if errors.Is(err, errTooLarge) {
			err = d.find(ctx, a, err)
		}
		if err != nil {
			return a.outcome(err)
		}
	}
	return a.outcome(nil)
}

// find sends the record alone that the broker may have ended the connection for: the largest. It learns what has become of
// it. Of the others that were under way nothing is known: they are sent again.
func (d *Driver) find(ctx context.Context, a *account, why error) error {
	open := a.open()
	suspect := open[0]
	for _, i := range open {
		if size(d.message(a.b, &a.b.Items[i])) > size(d.message(a.b, &a.b.Items[suspect])) {
			suspect = i
		}
	}
	err := d.publish(ctx, a, []int{suspect})
	if errors.Is(err, errTooLarge) {
		a.set(suspect, destination.Reject(why))
		return nil
	}
	return err
}

// publish sends some records and waits for their acknowledgements. When it fails the connection is ended, and what was
// acknowledged until then is noted.
func (d *Driver) publish(ctx context.Context, a *account, indexes []int) error {
	l, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, l.conn.cut)()
	l.conn.collect(true)
	defer l.conn.collect(false)
	a.underWay = 0
	if err = d.send(ctx, l, a, indexes); err != nil {
		a.take(l)
		d.drop() // acknowledgements that are still on their way belong to nobody
	}
	return err
}

// send keeps as many messages under way as the broker allows.
func (d *Driver) send(ctx context.Context, l *link, a *account, indexes []int) error {
	for _, i := range indexes {
		for a.underWay >= l.pending {
			if err := a.settle(ctx, l); err != nil {
				return err
			}
		}
		m := d.message(a.b, &a.b.Items[i])
		if n := size(m); n > l.largest {
			a.set(i, destination.Reject(fmt.Errorf("the message has %d bytes; the broker takes %d", n, l.largest)))
			continue
		}
		l.flights.publishing(i)
		a.underWay++
		if _, err := l.client.PublishWithOptions(ctx, m, paho.PublishOptions{Method: paho.PublishMethod_AsyncSend}); err != nil {
			return a.lost(ctx, l)
		}
	}
	for a.underWay > 0 {
		if err := a.settle(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// account is what is known of the records of a batch.
type account struct {
	b        *destination.Batch
	underWay int
	known    []bool
	states   []error // of those that are known: nil has arrived
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

// settle waits for one acknowledgement.
func (a *account) settle(ctx context.Context, l *link) error {
	select {
	case k := <-l.flights.acks:
		a.note(k)
		return nil
	default:
	}
	if err := l.conn.flush(); err != nil {
		return a.lost(ctx, l)
	}
	select {
	case k := <-l.flights.acks:
		a.note(k)
		return nil
	case <-l.client.Done():
		return a.lost(ctx, l)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (a *account) note(k ack) {
	a.underWay--
	a.set(k.index, k.err)
}

// lost says why the connection has ended.
func (a *account) lost(ctx context.Context, l *link) error {
	l.conn.cut()
	<-l.client.Done() // what the broker has said before is read
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return l.flights.reason()
}

// take takes down what was acknowledged.
func (a *account) take(l *link) {
	for {
		select {
		case k := <-l.flights.acks:
			a.note(k)
		default:
			return
		}
	}
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

// Probe implements destination.Prober: it connects anew and logs in.
func (d *Driver) Probe(ctx context.Context) error {
	d.leave(ctx) // a connection that is there tells nothing of the broker
	_, err := d.connect(ctx)
	return err
}

// Describe implements destination.Describer.
func (d *Driver) Describe() string {
	scheme := "mqtt://"
	if d.o.TLS != nil {
		scheme = "mqtts://"
	}
	return scheme + d.o.address + " " + d.o.Topic
}

// Close implements destination.Driver.
func (d *Driver) Close(ctx context.Context) error {
	d.leave(ctx)
	return nil
}
