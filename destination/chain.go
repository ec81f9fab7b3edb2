package destination

import "github.com/hydra-logger/hydra/record"

// Chain stands for the processors of one destination: they act on a record before it is formatted,
// and on what this destination sees alone.
type Chain interface {
	// Apply returns what is to be formatted in place of v, with its binary form, or the reason for which
	// the record is dropped. v's binary form is payload. What it returns is valid until the next call.
	// It is called by one goroutine at a time, and does not panic.
	Apply(v *record.View, payload []byte) (shown *record.View, raw []byte, reason string)
}

// process calls the chain, and keeps the binary form as long as the batch lives.
func (s *scratch) process(c Chain, v *record.View, payload []byte) (shown *record.View, raw []byte, reason string) {
	shown, raw, reason = c.Apply(v, payload)
	if reason != "" {
		return nil, nil, reason
	}
	start := len(s.made)
	s.made = append(s.made, raw...) // a grown buffer leaves what was handed out where it is
	return shown, s.made[start:len(s.made):len(s.made)], ""
}
