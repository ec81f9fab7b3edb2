package destinationtest

import (
	"bytes"
	"context"

	"github.com/hydra-logger/hydra/destination"
)

// intentSize is what the journal keeps for a driver.
const intentSize = 64

// intent asks for the intent of the next delivery of b.
func (k *kit) intent(b *destination.Batch) []byte {
	b.Attempt = 1
	in := bytes.Clone(k.Driver.(destination.Checkpointer).Intent(b))
	if len(in) == 0 || len(in) > intentSize {
		k.broken("the intent has %d bytes", len(in))
	}
	return in
}

// plain delivers b without asking for an intent again.
func (k *kit) plain(b *destination.Batch) {
	if err := k.Driver.Deliver(context.Background(), b); err != nil {
		k.broken("Deliver: %v", err)
	}
}

// crash goes on with the driver of the next run, which is told what the last one was about to do.
func (k *kit) crash(intent []byte) (delivered bool, err error) {
	k.Driver = k.Next()
	return k.Driver.(destination.Checkpointer).Recover(intent)
}

func (k *kit) shortIntents() {
	for _, b := range []*destination.Batch{k.batch(1, 0), k.batch(1, 1<<20), k.batch(5000, 100)} {
		_ = k.intent(b)
		k.plain(b)
	}
}

func (k *kit) recoverWhole() {
	first, second, third := k.batch(10, 50), k.batch(100, 500), k.batch(10, 50)
	k.must(first)
	in := k.intent(second)
	k.plain(second)
	if delivered, err := k.crash(in); !delivered || err != nil {
		k.broken("Recover says %v, %v", delivered, err)
	}
	k.want(first, second)
	k.must(third)
	k.want(first, second, third)
}

func (k *kit) recoverNothing() {
	first, second := k.batch(10, 50), k.batch(10, 50)
	k.must(first)
	in := k.intent(second)
	if delivered, err := k.crash(in); delivered || err != nil {
		k.broken("Recover says %v, %v", delivered, err)
	}
	k.want(first)
	k.must(second)
	k.want(first, second)
}

func (k *kit) recoverPart() {
	first := k.batch(3, 20)
	k.must(first)
	whole := bytes.Clone(first.Data)
	second := k.batch(3, 20)
	for lost := 1; lost < len(second.Data); lost++ {
		in := k.intent(second)
		k.plain(second)
		k.Cut(lost)
		if delivered, err := k.crash(in); delivered || err != nil {
			k.broken("%d of %d bytes are missing: Recover says %v, %v", lost, len(second.Data), delivered, err)
			return
		}
		if !bytes.Equal(k.Received(), whole) {
			k.broken("%d of %d bytes were missing: the rest is still there", lost, len(second.Data))
			return
		}
	}
	second.Attempt = 0
	k.must(second)
	k.want(first, second)
}

func (k *kit) recoverNonsense() {
	first, second := k.batch(10, 50), k.batch(10, 50)
	k.must(first)
	in := k.intent(second)
	k.plain(second)
	damaged := bytes.Clone(in)
	damaged[0] ^= 0xff
	nonsense := [][]byte{nil, {0}, damaged, in[:len(in)-1], append(bytes.Clone(in), 0), bytes.Repeat([]byte{0xff}, intentSize), make([]byte, intentSize)}
	for _, n := range nonsense {
		if delivered, err := k.crash(n); delivered || err == nil {
			k.broken("Recover of %x says %v, %v", n, delivered, err)
		}
	}
	k.want(first, second)
}
