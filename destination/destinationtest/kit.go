package destinationtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/record"
)

// kit checks one rule.
type kit struct {
	*testing.T
	*Harness
	report func(detail string)
	number int           // records made so far
	limit  time.Duration // for a call that is to return soon
	closed bool
}

func (k *kit) broken(format string, args ...any) { k.report("\t" + fmt.Sprintf(format, args...)) }

func (k *kit) close() {
	if k.closed {
		return
	}
	k.closed = true
	k.soon("Close", func() {
		if err := k.Driver.Close(context.Background()); err != nil {
			k.broken("Close: %v", err)
		}
	})
}

// errSlow says that a call has not returned in time; what it uses can't be trusted any more.
var errSlow = errors.New("the call has not returned")

// soon makes a call that is to return within the limit.
func (k *kit) soon(what string, call func()) error {
	done := make(chan struct{})
	go func() { defer close(done); call() }()
	late := time.NewTimer(k.limit)
	defer late.Stop()
	select {
	case <-done:
		return nil
	case <-late.C:
		k.broken("%s has not returned after %v", what, k.limit)
		return errSlow
	}
}

// batch makes a batch of n records, numbered through the test, whose lines have about size bytes.
func (k *kit) batch(n, size int) *destination.Batch {
	b := &destination.Batch{}
	for range n {
		start := len(b.Data)
		text := strings.Repeat("x", size)
		b.Data = fmt.Appendf(b.Data, `{"n":%d,"text":%q}`+"\n", k.number, text)
		at := 1700000000e9 + int64(k.number)
		b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data), Raw: encode(at, text),
			Time: at, Level: slog.LevelInfo, Journal: [16]byte{1}, Position: uint64(k.number)})
		k.number++
	}
	return b
}

// encode is the binary form of a record.
func encode(at int64, text string) []byte {
	var e record.Encoder
	return bytes.Clone(e.Encode(&record.Header{Time: at, Level: slog.LevelInfo, Layer: "kit", Message: text}, nil, nil))
}

// deliver delivers a batch as a worker does: with an intent, and in memory that is then used again.
func (k *kit) deliver(ctx context.Context, b *destination.Batch) (err error) {
	b.Attempt++
	lent := &destination.Batch{Data: bytes.Clone(b.Data), Attempt: b.Attempt}
	for _, it := range b.Items {
		it.Raw = bytes.Clone(it.Raw)
		lent.Items = append(lent.Items, it)
	}
	if c, ok := k.Driver.(destination.Checkpointer); ok {
		_ = c.Intent(lent)
	}
	err = k.Driver.Deliver(ctx, lent)
	spoil(lent)
	return err
}

// spoil overwrites a batch.
func spoil(b *destination.Batch) {
	for i := range b.Data {
		b.Data[i] = '#'
	}
	for i := range b.Items {
		for j := range b.Items[i].Raw {
			b.Items[i].Raw[j] = '#'
		}
	}
	clear(b.Items)
}

// must delivers a batch that is to arrive at once.
func (k *kit) must(b *destination.Batch) {
	if err := k.deliver(context.Background(), b); err != nil {
		k.broken("Deliver of %d bytes, attempt %d: %v", len(b.Data), b.Attempt, err)
	}
}

// want compares what has arrived.
func (k *kit) want(batches ...*destination.Batch) {
	var all []byte
	for _, b := range batches {
		all = append(all, b.Data...)
	}
	k.wantBytes(all)
}

func (k *kit) wantBytes(want []byte) {
	got := k.Received()
	if bytes.Equal(got, want) {
		return
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	k.broken("%d bytes have arrived, want %d; they differ from byte %d on:\n\tgot  %s\n\twant %s",
		len(got), len(want), at, excerpt(got, at), excerpt(want, at))
}

// excerpt shows b around a place.
func excerpt(b []byte, at int) string {
	from, to := max(at-20, 0), min(at+60, len(b))
	return fmt.Sprintf("%q", b[min(from, to):to])
}
