package kafkadest

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/dial"
)

// Driver produces records.
type Driver struct {
	o        Options
	settings []kgo.Opt
	trouble  trouble

	mu       sync.Mutex
	client   *kgo.Client       // nil: not connected yet
	underWay map[string]*entry // by record id: sent, has not failed, and no delivery has ended that says so
}

// entry is a message that was sent.
type entry struct {
	done chan struct{} // closed when err is set
	err  error
}

// New returns a driver. It does not connect: brokers that are down are a failure that heals.
func New(o Options) (*Driver, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	d := &Driver{o: o, underWay: map[string]*entry{}}
	d.settings = []kgo.Opt{kgo.SeedBrokers(o.Brokers...), kgo.ClientID(o.ClientID), kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchMaxBytes(int32(o.MaxBytes)), kgo.MaxBufferedRecords(1 << 20), kgo.ProducerLinger(0),
		kgo.BrokerMaxWriteBytes(int32(max(100<<20, o.MaxBytes+1<<20))), kgo.Dialer(d.dial), kgo.WithHooks(&d.trouble)}
	mechanism, err := o.login()
	if err != nil {
		return nil, err
	}
	if mechanism != nil {
		d.settings = append(d.settings, kgo.SASL(mechanism))
	}
	codec, err := codecs(o.Compression)
	if err != nil {
		return nil, err
	}
	d.settings = append(d.settings, kgo.ProducerBatchCompression(codec...))
	return d, kgo.ValidateOpts(d.settings...)
}

func codecs(name string) ([]kgo.CompressionCodec, error) {
	switch name {
	case "", "zstd":
		return []kgo.CompressionCodec{kgo.ZstdCompression(), kgo.SnappyCompression(), kgo.NoCompression()}, nil
	case "none":
		return []kgo.CompressionCodec{kgo.NoCompression()}, nil
	case "gzip":
		return []kgo.CompressionCodec{kgo.GzipCompression()}, nil
	case "snappy":
		return []kgo.CompressionCodec{kgo.SnappyCompression()}, nil
	case "lz4":
		return []kgo.CompressionCodec{kgo.Lz4Compression()}, nil
	}
	return nil, fmt.Errorf("compression: %q is not possible; it is none, gzip, snappy, lz4 or zstd", name)
}

func (d *Driver) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return (&dial.Dialer{Network: dial.TCP, Address: address, TLS: d.o.TLS, Timeout: d.o.Timeout}).Dial(ctx)
}

func (d *Driver) connect() (*kgo.Client, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.client == nil {
		c, err := kgo.NewClient(d.settings...)
		if err != nil {
			return nil, destination.Retry(err, 0)
		}
		d.client = c
	}
	return d.client, nil
}

// Deliver implements destination.Driver: it returns when all records are acknowledged by all replicas in sync.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	c, err := d.connect()
	if err != nil {
		return err
	}
	trouble := d.trouble.watch()
	entries := make([]*entry, len(b.Items))
	for i := range b.Items {
		entries[i] = d.send(c, b, &b.Items[i])
	}
	var failed []destination.ItemError
	for i, e := range entries {
		if err := wait(ctx, e, trouble); err != nil {
			return destination.Retry(err, 0) // what is under way stays so: the next attempt waits for it
		}
		if e.err != nil && ofTheRecord(e.err) && len(b.Items) > 1 { // said of all that were sent together
			e = d.send(c, b, &b.Items[i])
			if err := wait(ctx, e, trouble); err != nil {
				return destination.Retry(err, 0)
			}
		}
		if e.err != nil {
			failed = append(failed, destination.ItemError{Index: i, Err: outcome(e.err)})
		}
	}
	d.forget()
	return destination.Partial(failed)
}

// forget forgets what was acknowledged, when the worker learns of it.
func (d *Driver) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, e := range d.underWay {
		select {
		case <-e.done:
			delete(d.underWay, id)
		default:
		}
	}
}

// send sends a record, unless it is under way from an earlier attempt.
func (d *Driver) send(c *kgo.Client, b *destination.Batch, it *destination.Item) *entry {
	id := destination.IdempotencyKey(it)
	d.mu.Lock()
	e := d.underWay[id]
	if e != nil && id != "" {
		d.mu.Unlock()
		return e
	}
	e = &entry{done: make(chan struct{})}
	if id != "" {
		d.underWay[id] = e
	}
	d.mu.Unlock()
	c.TryProduce(context.Background(), d.message(b, it), func(_ *kgo.Record, err error) {
		d.mu.Lock()
		if err != nil {
			delete(d.underWay, id)
		}
		e.err = err
		d.mu.Unlock()
		close(e.done)
	})
	return e
}

// wait waits for an acknowledgement, or for a connection that fails.
func wait(ctx context.Context, e *entry, trouble *notice) error {
	select {
	case <-e.done:
		return nil
	default:
	}
	select {
	case <-e.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-trouble.raised:
		return trouble.err
	}
}

// Probe implements destination.Prober: it connects, logs in and asks for the topics.
func (d *Driver) Probe(ctx context.Context) error {
	c, err := d.connect()
	if err != nil {
		return err
	}
	trouble := d.trouble.watch()
	e := &entry{done: make(chan struct{})}
	go func() { // the client's own wait for a broker that hangs ends with the client
		e.err = c.Ping(ctx)
		close(e.done)
	}()
	if err := wait(ctx, e, trouble); err != nil {
		return err
	}
	return e.err
}

// Describe implements destination.Describer.
func (d *Driver) Describe() string {
	return "kafka://" + strings.Join(d.o.Brokers, ",") + " " + d.o.Topic
}

// Close implements destination.Driver. What is not acknowledged stays in the journal.
func (d *Driver) Close(context.Context) error {
	d.mu.Lock()
	c := d.client
	d.client = nil
	d.mu.Unlock()
	if c != nil {
		c.Close()
	}
	return nil
}
