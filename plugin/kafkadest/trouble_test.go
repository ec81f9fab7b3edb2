package kafkadest

import (
	"errors"
	"testing"
)

func TestAnAttemptToConnectFromBeforeADeliveryDoesNotFailIt(t *testing.T) {
	var tr trouble
	first := tr.watch()
	stale := tr.attempt()
	second := tr.watch()
	tr.raise(stale, errors.New("long ago"))
	for _, n := range []*notice{first, second} {
		select {
		case <-n.raised:
			t.Error(n.err)
		default:
		}
	}
	tr.raise(tr.attempt(), errors.New("now"))
	tr.raise(tr.attempt(), errors.New("once more"))
	select {
	case <-second.raised:
		if second.err.Error() != "now" {
			t.Error(second.err)
		}
	default:
		t.Error("a failure while the delivery waits is not told")
	}
}
