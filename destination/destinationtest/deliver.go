package destinationtest

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/destination"
)

func (k *kit) arriveInOrder() {
	batches := []*destination.Batch{k.batch(1, 10), k.batch(1000, 50), k.batch(3, 0), k.batch(10, 5000)}
	for _, b := range batches {
		k.must(b)
	}
	k.want(batches...)
}

func (k *kit) takeAnySize() {
	batches := []*destination.Batch{k.batch(1, 3<<20), k.batch(1, 0), k.batch(5000, 100)}
	for _, b := range batches {
		k.must(b)
	}
	if k.Received != nil {
		k.want(batches...)
	}
}

func (k *kit) keepNothing() {
	b, as := k.batch(10, 50), k.batch(0, 0)
	b.Attempt = 1
	as.Data, as.Attempt = bytes.Clone(b.Data), b.Attempt
	for _, it := range b.Items {
		it.Raw = bytes.Clone(it.Raw)
		as.Items = append(as.Items, it)
	}
	if err := k.Driver.Deliver(context.Background(), b); err != nil {
		k.broken("Deliver: %v", err)
	}
	if !reflect.DeepEqual(b, as) {
		k.broken("Deliver has changed the batch")
	}
	spoil(b)
	second := k.batch(10, 50)
	k.must(second)
	if k.Received != nil {
		k.want(as, second)
	}
}

func (k *kit) endWithContext() {
	first, second := k.batch(1, 10), k.batch(2000, 500)
	k.must(first)
	unblock := k.Block()
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	done := make(chan struct{})
	go func() { defer close(done); err = k.deliver(ctx, second) }()
	time.AfterFunc(20*time.Millisecond, cancel)
	defer cancel()
	slow := k.soon("Deliver, after the end of its context,", func() { <-done })
	unblock()
	<-done
	if slow != nil {
		return
	}
	if err == nil {
		k.broken("the target is blocked, and yet Deliver says that a batch of %d bytes has arrived", len(second.Data))
	}
	k.must(second)
	k.want(first, second)
}

func (k *kit) retryWhole() {
	first, second, third := k.batch(5, 50), k.batch(1000, 500), k.batch(5, 50)
	k.must(first)
	mend := k.Break()
	for range 3 {
		if k.deliver(context.Background(), second) == nil {
			k.broken("the target is broken, and yet Deliver says that the batch has arrived")
		}
	}
	mend()
	k.must(second)
	k.must(third)
	k.want(first, second, third)
}

// surviveGivingUp is what a destination without a journal does: a record that can't be written is dropped.
func (k *kit) surviveGivingUp() {
	first, given, last := k.batch(5, 50), k.batch(1000, 500), k.batch(5, 50)
	k.must(first)
	mend := k.Break()
	_ = k.deliver(context.Background(), given)
	mend()
	k.must(last)
	got := k.Received()
	rest, ok := bytes.CutSuffix(got, last.Data)
	if !ok || len(rest) > 0 && rest[len(rest)-1] != '\n' {
		k.broken("the next batch is not there on lines of its own: the end is %s", excerpt(got, max(len(got)-60, 0)))
	}
	if !bytes.HasPrefix(rest, first.Data) {
		k.broken("the batch before is gone: the beginning is %s", excerpt(got, 0))
	}
}

func (k *kit) closeUnused() { k.close() }

func (k *kit) closeInTime() {
	k.must(k.batch(10, 50))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	k.closed = true
	_ = k.soon("Close", func() { _ = k.Driver.Close(ctx) })
}

func (k *kit) describe() {
	name := k.Driver.(destination.Describer).Describe()
	if name == "" || strings.ContainsAny(name, "\r\n") {
		k.broken("the name is %q", name)
	}
	k.discreet("the name", name)
	k.must(k.batch(1, 10))
	if now := k.Driver.(destination.Describer).Describe(); now != name {
		k.broken("the name was %q before the first delivery and is %q after it", name, now)
	}
}

func (k *kit) discreet(what, text string) {
	for _, s := range k.Secrets {
		if strings.Contains(text, s) {
			k.broken("%s holds a credential", what)
		}
	}
}

func (k *kit) describeWhileBlocked() {
	unblock := k.Block()
	b := k.batch(2000, 500)
	done := make(chan struct{})
	go func() { defer close(done); _ = k.deliver(context.Background(), b) }()
	time.Sleep(20 * time.Millisecond) // the rule holds also when the delivery has not begun
	_ = k.soon("Describe", func() { _ = k.Driver.(destination.Describer).Describe() })
	if s, ok := k.Driver.(destination.Sharer); ok {
		_ = k.soon("OtherWriters", func() { _ = s.OtherWriters() })
	}
	if r, ok := k.Driver.(destination.Reopener); ok {
		_ = k.soon("Reopen", func() { _ = r.Reopen() })
	}
	unblock()
	<-done
}

func (k *kit) discreetErrors() {
	mend := k.Break()
	defer mend()
	if err := k.deliver(context.Background(), k.batch(1, 10)); err != nil {
		k.discreet("the error", err.Error())
	}
}

func (k *kit) reopenAnyTime() {
	r := k.Driver.(destination.Reopener)
	reopen := func(when string) {
		if err := r.Reopen(); err != nil {
			k.broken("Reopen %s: %v", when, err)
		}
	}
	reopen("before the first delivery")
	batches := []*destination.Batch{k.batch(5, 50)}
	k.must(batches[0])
	reopen("after a delivery")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				_ = r.Reopen()
			}
		}
	}()
	for range 200 {
		b := k.batch(5, 50)
		k.must(b)
		batches = append(batches, b)
	}
	close(stop)
	<-stopped
	k.want(batches...)
	k.close()
	_ = k.soon("Reopen after Close", func() { _ = r.Reopen() })
}

func (k *kit) reopenMoved() {
	k.must(k.batch(5, 50))
	k.Move()
	if err := k.Driver.(destination.Reopener).Reopen(); err != nil {
		k.broken("Reopen: %v", err)
	}
	second := k.batch(5, 50)
	k.must(second)
	k.want(second)
}
