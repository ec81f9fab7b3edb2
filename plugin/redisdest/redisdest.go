package redisdest

import (
	"context"
	"net"

	"github.com/redis/go-redis/v9"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/dial"
)

// Driver adds entries to streams.
type Driver struct {
	o      Options
	client *redis.Client
	conns  conns
}

// group is how many commands are sent before their answers are read.
const group = 1000

// addOnce is XADD, unless the record's id has been seen. KEYS: the stream, the id's key. They share a hash slot in no
// cluster; ARGV: seconds, longest length or 0, then the fields. The id is forgotten again when XADD fails.
const addOnce = `if not redis.call('SET', KEYS[2], 1, 'NX', 'PX', ARGV[1]) then return '' end
local c = {'XADD', KEYS[1]}
if ARGV[2] ~= '0' then c[3], c[4], c[5] = 'MAXLEN', '~', ARGV[2] end
c[#c+1] = '*'
for i = 3, #ARGV do c[#c+1] = ARGV[i] end
local r = redis.pcall(unpack(c))
if type(r) == 'table' and r.err then redis.call('DEL', KEYS[2]) end
return r`

// New returns a driver. It does not connect: a server that is down is a failure that heals.
func New(o Options) (*Driver, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	d := &Driver{o: o}
	d.client = redis.NewClient(&redis.Options{Addr: o.address, DB: o.db, Username: o.User, Password: o.Password, PoolSize: 2,
		MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true, ReadTimeout: -1, WriteTimeout: -1, DisableIdentity: true, Protocol: 2,
		Dialer: func(ctx context.Context, _, address string) (net.Conn, error) {
			return d.conns.keep((&dial.Dialer{Network: dial.TCP, Address: address, TLS: o.TLS, Timeout: o.Timeout}).Dial(ctx))
		}})
	return d, nil
}

// Deliver implements destination.Driver: it returns when Redis has answered for each record.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	defer d.conns.cutAt(ctx)()
	var failed []destination.ItemError
	for first := 0; first < len(b.Items); first += group {
		last := min(first+group, len(b.Items))
		p := d.client.Pipeline()
		for i := first; i < last; i++ {
			d.add(ctx, p, b, &b.Items[i])
		}
		answers, err := p.Exec(ctx)
		known := len(failed)
		for i, a := range answers {
			err := a.Err()
			if err != nil && !answered(err) { // nothing is known of this one and the later ones
				return destination.Retry(err, 0)
			}
			if err := outcome(err); err != nil {
				failed = append(failed, destination.ItemError{Index: first + i, Err: err})
			}
		}
		if err != nil && outcome(err) != nil && len(failed) == known { // the login failed: no command was sent
			return destination.Retry(err, 0)
		}
	}
	return destination.Partial(failed)
}

func (d *Driver) add(ctx context.Context, p redis.Pipeliner, b *destination.Batch, it *destination.Item) {
	stream, fields := d.fields(b, it)
	id := destination.IdempotencyKey(it)
	if d.o.DedupeWindow < 0 || id == "" {
		p.XAdd(ctx, &redis.XAddArgs{Stream: stream, MaxLen: d.o.MaxLen, Approx: d.o.MaxLen > 0, Values: fields})
		return
	}
	args := append([]any{d.o.DedupeWindow.Milliseconds(), d.o.MaxLen}, fields...)
	p.Eval(ctx, addOnce, []string{stream, "hydra:" + stream + ":" + id}, args...)
}

// Probe implements destination.Prober.
func (d *Driver) Probe(ctx context.Context) error {
	defer d.conns.cutAt(ctx)()
	return d.client.Ping(ctx).Err()
}

// Describe implements destination.Describer.
func (d *Driver) Describe() string {
	scheme := "redis://"
	if d.o.TLS != nil {
		scheme = "rediss://"
	}
	return scheme + d.o.address + " " + d.o.Stream
}

// Close implements destination.Driver.
func (d *Driver) Close(context.Context) error { return d.client.Close() }
