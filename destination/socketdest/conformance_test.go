package socketdest

import (
	"testing"

	"github.com/hydra-logger/hydra/destination/destinationtest"
)

// The target leaves out records that it has already, as a receiver that deduplicates does: after a connection broke
// the last ones are sent again.
func TestDriverKeepsTheRules(t *testing.T) {
	for _, c := range []struct {
		name, network string
		framing       Framing
	}{
		{"tcp, octet counting", "tcp", FramingOctet},
		{"tcp, newline", "tcp", FramingNewline},
		{"unix, nul", "unix", FramingNUL},
	} {
		t.Run(c.name, func(t *testing.T) {
			destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
				s := newServer(t, c.network, c.framing)
				d, err := New(Options{Network: c.network, Address: s.address, Framing: c.framing})
				must(t, err)
				return destinationtest.Harness{
					Driver:   d,
					Received: s.bytes,
					Block:    func() func() { s.block(true); return func() { s.block(false) } },
					Break:    func() func() { s.records(); s.stop(); return s.start },
				}
			})
		})
	}
}
