package natsdest

import (
	"context"
	"errors"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/hydra-logger/hydra/destination"
)

// Driver publishes records. It connects when it first delivers, and anew after a connection was lost.
type Driver struct {
	o     Options
	shown string   // the addresses without credentials
	hosts []string // of the addresses

	mu   sync.Mutex
	link *link // nil: not connected
}

// New returns a driver. It does not connect: a server that is down is a failure that heals.
func New(o Options) (*Driver, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	shown, hosts, err := servers(o.URL)
	if err != nil {
		return nil, err
	}
	if err := checkSubject(o.Subject); err != nil {
		return nil, err
	}
	d := &Driver{o: o, shown: shown, hosts: hosts}
	if _, err := d.settings(context.Background()); err != nil {
		return nil, err
	}
	return d, nil
}

// Deliver implements destination.Driver: it returns when a stream has acknowledged each record, or, with Core, when the server has read them.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	l, err := d.connect(ctx)
	if err != nil {
		return err
	}
	stop := l.cutAt(ctx)
	defer stop()
	if d.o.Core {
		err = d.publishCore(ctx, l, b)
	} else {
		err = d.publishStream(ctx, l, b)
	}
	if err != nil && (l.lost() || ctx.Err() != nil) {
		d.drop(l) // acknowledgements that are still on their way belong to nobody
	}
	return err
}

// publishCore publishes and waits until the server has read everything.
func (d *Driver) publishCore(ctx context.Context, l *link, b *destination.Batch) error {
	var failed []destination.ItemError
	for i := range b.Items {
		err := l.conn.PublishMsg(d.message(b, &b.Items[i]))
		if err != nil && (broken(err) || l.lost()) {
			return destination.Retry(err, 0)
		}
		if err != nil {
			failed = append(failed, destination.ItemError{Index: i, Err: outcome(err)})
		}
	}
	if err := l.flush(ctx); err != nil {
		return destination.Retry(err, 0)
	}
	return destination.Partial(failed)
}

// publishStream keeps up to MaxPending messages under way.
func (d *Driver) publishStream(ctx context.Context, l *link, b *destination.Batch) error {
	futures := make([]jetstream.PubAckFuture, len(b.Items))
	var failed []destination.ItemError
	note := func(i int, err error) {
		if err != nil {
			failed = append(failed, destination.ItemError{Index: i, Err: outcome(err)})
		}
	}
	oldest := 0
	collect := func(until int) error { // waits for the acknowledgements of the messages before until
		for ; oldest < until; oldest++ {
			if futures[oldest] == nil {
				continue
			}
			err := l.wait(ctx, futures[oldest])
			if err != nil && broken(err) {
				return destination.Retry(err, 0)
			}
			note(oldest, err)
		}
		return nil
	}
	for i := range b.Items {
		if err := collect(i - d.o.MaxPending + 1); err != nil {
			return err
		}
		f, err := l.stream.PublishMsgAsync(d.message(b, &b.Items[i]), jetstream.WithRetryAttempts(0))
		if err != nil && (broken(err) || l.lost()) {
			return destination.Retry(err, 0)
		}
		futures[i] = f
		note(i, err)
	}
	if err := collect(len(b.Items)); err != nil {
		return err
	}
	return destination.PartialOf(failed, len(b.Items))
}

// Probe implements destination.Prober: it connects, logs in and waits for an answer of the server, and of JetStream.
func (d *Driver) Probe(ctx context.Context) error {
	l, err := d.connect(ctx)
	if err != nil {
		return err
	}
	stop := l.cutAt(ctx)
	defer stop()
	if err = l.flush(ctx); err == nil && !d.o.Core {
		_, err = l.stream.AccountInfo(ctx)
		if errors.Is(err, nats.ErrPermissionViolation) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) {
			err = nil // an account that may publish need not be allowed to ask
		}
	}
	if err != nil {
		d.drop(l)
	}
	return err
}

// Describe implements destination.Describer.
func (d *Driver) Describe() string { return d.shown + " " + d.o.Subject }

// Close implements destination.Driver.
func (d *Driver) Close(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.link != nil {
		d.link.close()
		d.link = nil
	}
	return nil
}
