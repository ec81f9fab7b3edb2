package destinationtest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/memorydest"
	"github.com/hydra-logger/hydra/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// faulty is a driver in memory that breaks one rule.
type faulty struct {
	*memorydest.Driver
	deliver  func(d *faulty, ctx context.Context, b *destination.Batch) error
	closing  func(ctx context.Context) error
	name     func() string
	reopen   func(d *faulty) error
	recover  func(d *faulty, intent []byte) (bool, error)
	intent   string
	probe    func(ctx context.Context) error
	kept     []*destination.Batch
	counting sync.Mutex
	attempts int
}

func (d *faulty) Deliver(ctx context.Context, b *destination.Batch) error {
	d.counting.Lock()
	d.attempts++
	d.counting.Unlock()
	if d.deliver != nil {
		return d.deliver(d, ctx, b)
	}
	return d.Driver.Deliver(ctx, b)
}

func (d *faulty) Close(ctx context.Context) error {
	if d.closing != nil {
		return d.closing(ctx)
	}
	return d.Driver.Close(ctx)
}

func (d *faulty) Describe() string {
	if d.name != nil {
		return d.name()
	}
	return d.Driver.Describe()
}

func (d *faulty) Reopen() error {
	if d.reopen != nil {
		return d.reopen(d)
	}
	return nil
}

func (d *faulty) Probe(ctx context.Context) error {
	if d.probe != nil {
		return d.probe(ctx)
	}
	return d.Driver.Probe(ctx)
}

func (d *faulty) Intent(*destination.Batch) []byte { return []byte(d.intent) }

func (d *faulty) Recover(intent []byte) (bool, error) {
	if d.recover != nil {
		return d.recover(d, intent)
	}
	return false, errors.New("not known")
}

func (d *faulty) harness() Harness {
	return Harness{
		Driver: d, Received: d.Bytes, Secrets: []string{"s3cret"},
		Block: func() func() { d.Block(false); return d.Unblock },
		Break: func() func() {
			d.FailWith(func(int) error { return errors.New("broken") })
			return func() { d.FailWith(nil) }
		},
		Refuse: func() func() {
			d.Refuse([]byte(Poison))
			return func() { d.Refuse(nil) }
		},
		Move: d.Reset,
		Next: func() destination.Driver { return d },
		Cut:  func(int) {},
	}
}

// broken are the rules with a certain name that a driver breaks.
func broken(t *testing.T, name string, change func(d *faulty)) []string {
	var out []string
	for _, r := range rules() {
		if !strings.Contains(r.name, name) {
			continue
		}
		d := &faulty{Driver: memorydest.New(memorydest.Options{}), intent: "intent"}
		change(d)
		h := d.harness()
		limit := 100 * time.Millisecond
		if name == "" {
			limit = patience // nothing is to be late here, however busy the machine is
		}
		k := &kit{T: t, Harness: &h, limit: limit, report: func(string) { out = append(out, r.name) }}
		r.check(k)
		k.close()
	}
	return slices.Compact(out)
}

// breach is a change that makes a driver break a rule.
type breach struct {
	rule   string
	change func(d *faulty)
}

// wrongOutcomes are breaches of the rules about what an error means.
func wrongOutcomes() []breach {
	return []breach{
		{"has rejected nothing", func(d *faulty) {
			d.deliver = func(d *faulty, ctx context.Context, b *destination.Batch) error {
				if err := d.Driver.Deliver(ctx, b); err != nil {
					return destination.Reject(err)
				}
				return nil
			}
		}},
		{"and no other", func(d *faulty) { // retries what is refused
			d.deliver = func(d *faulty, ctx context.Context, b *destination.Batch) error {
				if err := d.Driver.Deliver(ctx, b); err != nil {
					return destination.Retry(err, 0)
				}
				return nil
			}
		}},
		{"and no other", func(d *faulty) { // names the wrong record
			d.deliver = func(d *faulty, ctx context.Context, b *destination.Batch) error {
				if err := d.Driver.Deliver(ctx, b); err != nil {
					return destination.Partial([]destination.ItemError{{Index: 0, Err: destination.Reject(err)}})
				}
				return nil
			}
		}},
		{"Probe says", func(d *faulty) { d.probe = func(context.Context) error { return nil } }},
		{"Probe says", func(d *faulty) { d.probe = func(context.Context) error { return errors.New("405") } }},
		{"Probe returns soon", func(d *faulty) {
			d.probe = func(context.Context) error { return d.Driver.Probe(context.Background()) }
		}},
		{"side by side", func(d *faulty) {
			var calls atomic.Int32
			d.deliver = func(d *faulty, ctx context.Context, b *destination.Batch) error {
				if calls.Add(1) == 7 {
					return nil
				}
				return d.Driver.Deliver(ctx, b)
			}
		}},
	}
}

func TestEachRuleFindsWhoBreaksIt(t *testing.T) {
	cases := []breach{
		{"records arrive in order", func(d *faulty) {
			d.deliver = func(d *faulty, ctx context.Context, b *destination.Batch) error {
				if d.attempts == 2 {
					_ = d.Driver.Deliver(ctx, b)
				}
				return d.Driver.Deliver(ctx, b)
			}
		}},
		{"any size", func(d *faulty) {
			d.deliver = func(d *faulty, ctx context.Context, b *destination.Batch) error {
				if len(b.Data) > 1<<20 {
					return errors.New("too large")
				}
				return d.Driver.Deliver(ctx, b)
			}
		}},
		{"kept or changed", func(d *faulty) {
			d.deliver = func(d *faulty, ctx context.Context, b *destination.Batch) error {
				d.kept = append(d.kept, b)
				if len(d.kept) < 2 {
					return nil
				}
				for _, b := range d.kept {
					_ = d.Driver.Deliver(ctx, b)
				}
				return nil
			}
		}},
		{"kept or changed", func(d *faulty) {
			d.deliver = func(d *faulty, ctx context.Context, b *destination.Batch) error {
				err := d.Driver.Deliver(ctx, b)
				b.Data[0] = '?'
				return err
			}
		}},
		{"soon after its context ends", func(d *faulty) {
			d.deliver = func(d *faulty, _ context.Context, b *destination.Batch) error {
				return d.Driver.Deliver(context.Background(), b)
			}
		}},
		{"whole and once when it comes again", func(d *faulty) {
			d.deliver = func(d *faulty, ctx context.Context, b *destination.Batch) error {
				_ = d.Driver.Deliver(ctx, b)
				return nil
			}
		}},
		{"given up", func(d *faulty) {
			d.deliver = func(d *faulty, ctx context.Context, b *destination.Batch) error {
				if len(d.kept) > 0 && b.Attempt == 1 { // goes on with the batch that was given up
					b, d.kept = d.kept[0], nil
				}
				err := d.Driver.Deliver(ctx, b)
				if err != nil {
					d.kept = []*destination.Batch{{Data: slices.Clone(b.Data)}}
				}
				return err
			}
		}},
		{"Close works without Deliver", func(d *faulty) {
			d.closing = func(context.Context) error {
				if d.attempts == 0 {
					return errors.New("not open")
				}
				return nil
			}
		}},
		{"without secrets", func(d *faulty) { d.name = func() string { return "https://user:s3cret@host" } }},
		{"one line", func(d *faulty) { d.name = func() string { return "" } }},
		{"an error holds no secret", func(d *faulty) {
			d.deliver = func(*faulty, context.Context, *destination.Batch) error { return errors.New("401 for s3cret") }
		}},
		{"Reopen loses nothing", func(d *faulty) { d.reopen = func(*faulty) error { return errors.New("not open") } }},
		{"Reopen leads to the new target", func(d *faulty) {
			d.deliver = func(d *faulty, ctx context.Context, b *destination.Batch) error {
				if d.attempts > 1 {
					return nil
				}
				return d.Driver.Deliver(ctx, b)
			}
		}},
		{"at most 64 bytes", func(d *faulty) { d.intent = strings.Repeat("x", 65) }},
		{"Recover knows a batch that has arrived", func(*faulty) {}},
		{"Recover knows a batch of which nothing", func(*faulty) {}},
		{"Recover takes back", func(d *faulty) { d.recover = func(*faulty, []byte) (bool, error) { return false, nil } }},
		{"Recover refuses", func(d *faulty) { d.recover = func(*faulty, []byte) (bool, error) { return true, nil } }},
	}
	for _, c := range append(cases, wrongOutcomes()...) {
		if got := broken(t, c.rule, c.change); len(got) == 0 {
			t.Errorf("nobody noticed a driver that breaks %q", c.rule)
		}
	}
}

func TestDriverThatForgetsItsIntentsBreaksNoOtherRule(t *testing.T) {
	for _, r := range broken(t, "", func(*faulty) {}) {
		if !strings.HasPrefix(r, "Recover") {
			t.Errorf("broken: %s", r)
		}
	}
}

func TestDriverInMemoryKeepsTheRules(t *testing.T) {
	Run(t, func(*testing.T) Harness {
		d := memorydest.New(memorydest.Options{})
		return Harness{
			Driver: d, Received: d.Bytes,
			Block: func() func() { d.Block(false); return d.Unblock },
			Break: func() func() {
				d.FailWith(func(int) error { return errors.New("broken") })
				return func() { d.FailWith(nil) }
			},
			Refuse: func() func() { d.Refuse([]byte(Poison)); return func() { d.Refuse(nil) } },
		}
	})
}
