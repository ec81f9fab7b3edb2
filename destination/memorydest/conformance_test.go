package memorydest

import (
	"errors"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/destinationtest"
)

func TestDriverKeepsTheRules(t *testing.T) {
	destinationtest.Run(t, func(*testing.T) destinationtest.Harness {
		d := New(Options{})
		return destinationtest.Harness{
			Driver: d, Received: d.Bytes,
			Block: func() func() { d.Block(false); return d.Unblock },
			Break: func() func() {
				d.FailWith(func(int) error { return errors.New("broken") })
				return func() { d.FailWith(nil) }
			},
			Refuse: func() func() { d.Refuse([]byte(destinationtest.Poison)); return func() { d.Refuse(nil) } },
		}
	})
}

// unasked is a driver that can't be probed.
type unasked struct{ destination.Driver }

func TestDriverThatTakesBatchesInPartKeepsTheRules(t *testing.T) {
	destinationtest.Run(t, func(*testing.T) destinationtest.Harness {
		d := New(Options{})
		broken := func() func() {
			d.FailWith(func(int) error { d.ShortWrite(100); return nil })
			return func() { d.FailWith(nil) }
		}
		return destinationtest.Harness{Driver: unasked{d}, Received: d.Bytes, Break: broken}
	})
}
