package destinationtest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hydra-logger/hydra/destination"
)

// Poison is in the text of the records that a target refuses while [Harness].Refuse is in force.
const Poison = "poison-for-destinationtest"

// brokenIsRetried: a target that fails has not refused anything, so nothing may become a dead letter.
func (k *kit) brokenIsRetried() {
	k.must(k.batch(1, 50))
	mend := k.Break()
	err := k.deliver(context.Background(), k.batch(10, 50))
	mend()
	if o := destination.OutcomeOf(err); o.Kind == destination.Rejected {
		k.broken("the target is broken, and Deliver says that it has rejected the batch: %v", err)
	} else if o.Kind == destination.Partly {
		k.checkItems(10, o.Items)
		for _, it := range o.Items {
			if it.Err != nil && destination.OutcomeOf(it.Err).Kind == destination.Rejected {
				k.broken("the target is broken, and Deliver says that it has rejected record %d: %v", it.Index, it.Err)
			}
		}
	}
}

// poisonIsRejected: the worker can find the record that is at fault, and deliver the others.
func (k *kit) poisonIsRejected() {
	before, b, after := k.batch(5, 50), k.poisoned(9, 4), k.batch(5, 50)
	k.must(before)
	mend := k.Refuse()
	err := k.deliver(context.Background(), b)
	switch o := destination.OutcomeOf(err); o.Kind {
	case destination.Delivered:
		k.broken("the target refuses a record, and yet Deliver says that it has arrived")
	case destination.Retrying:
		k.broken("the target refuses a record for good, and Deliver wants to try it again: %v", err)
	case destination.Rejected:
		k.wantRecords(before) // nothing of the batch
	case destination.Partly:
		k.checkItems(len(b.Items), o.Items)
		k.partlyPoison(before, b, o.Items)
	}
	alone := k.poisoned(1, 0)
	switch err := k.deliver(context.Background(), alone); destination.OutcomeOf(err).Kind {
	case destination.Delivered, destination.Retrying:
		k.broken("a refused record alone: Deliver says %v", err)
	}
	k.must(after) // the target takes what is good
	mend()
}

// partlyPoison checks that the record at fault is named and nothing else, and that the others are there.
func (k *kit) partlyPoison(before, b *destination.Batch, items []destination.ItemError) {
	missing := map[int]bool{}
	for _, it := range items {
		if it.Err == nil {
			continue
		}
		missing[it.Index] = true
		if poison := bytes.Contains(b.Data[b.Items[it.Index].Start:b.Items[it.Index].End], []byte(Poison)); poison !=
			(destination.OutcomeOf(it.Err).Kind == destination.Rejected) {
			k.broken("record %d: %v", it.Index, it.Err)
		}
	}
	rest := &destination.Batch{}
	for i, it := range b.Items {
		if !missing[i] {
			start := len(rest.Data)
			rest.Data = append(rest.Data, b.Data[it.Start:it.End]...)
			rest.Items = append(rest.Items, destination.Item{Start: start, End: len(rest.Data)})
		}
	}
	k.wantRecords(before, rest)
}

// checkItems checks that an answer is about records that are in the batch, each once.
func (k *kit) checkItems(n int, items []destination.ItemError) {
	seen := map[int]bool{}
	for _, it := range items {
		if it.Index < 0 || it.Index >= n || seen[it.Index] {
			k.broken("Deliver names record %d of a batch of %d, or names it twice", it.Index, n)
		}
		seen[it.Index] = true
	}
}

// poisoned is a batch of n records of which one is refused.
func (k *kit) poisoned(n, at int) *destination.Batch {
	out := &destination.Batch{}
	for i := range n {
		text := "fine"
		if i == at {
			text = Poison
		}
		one := k.record(text)
		start := len(out.Data)
		out.Data = append(out.Data, one.Data...)
		it := one.Items[0]
		it.Start, it.End = start, len(out.Data)
		out.Items = append(out.Items, it)
	}
	return out
}

// wantRecords compares what has arrived without regard to order.
func (k *kit) wantRecords(batches ...*destination.Batch) {
	var want []string
	for _, b := range batches {
		for _, it := range b.Items {
			want = append(want, string(b.Data[it.Start:it.End]))
		}
	}
	got := strings.SplitAfter(string(k.Received()), "\n")
	got = got[:len(got)-1]
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		k.broken("%d records have arrived, want %d:\n\tgot  %.300q\n\twant %.300q", len(got), len(want), got, want)
	}
}

func (k *kit) probe(ctx context.Context) (err error) {
	if slow := k.soon("Probe", func() { err = k.Driver.(destination.Prober).Probe(ctx) }); slow != nil {
		return slow
	}
	return err
}

func (k *kit) probeTellsTheTruth() {
	if err := k.probe(context.Background()); err != nil {
		k.broken("Probe of a target that works, before the first delivery: %v", err)
	}
	b := k.batch(3, 50)
	k.must(b)
	if err := k.probe(context.Background()); err != nil {
		k.broken("Probe of a target that works, after a delivery: %v", err)
	}
	if k.Received != nil {
		k.want(b) // a probe delivers nothing
	}
	if k.Break == nil {
		return
	}
	mend := k.Break()
	if err := k.probe(context.Background()); err == nil {
		k.broken("Probe finds nothing wrong with a target that is broken")
	} else {
		k.discreet("the error of Probe", err.Error())
	}
	mend()
	if err := k.probe(context.Background()); err != nil {
		k.broken("Probe of a target that works again: %v", err)
	}
}

func (k *kit) probeEndsWithContext() {
	ctx, cancel := context.WithCancel(context.Background())
	unblock := k.Block()
	time.AfterFunc(20*time.Millisecond, cancel)
	defer cancel()
	_ = k.probe(ctx) // nil is fine, if it does not need what is blocked
	unblock()
}

// sideBySide is what a worker does with a driver that is concurrent.
func (k *kit) sideBySide() {
	n := k.Driver.(destination.Concurrent).Concurrent()
	if n < 2 {
		return
	}
	const each = 10
	batches := make([]*destination.Batch, 0, n*each)
	for range n * each {
		batches = append(batches, k.batch(5, 200))
	}
	var wg sync.WaitGroup
	errs := make([]error, n)
	for g := range n {
		wg.Go(func() {
			for _, b := range batches[g*each : (g+1)*each] {
				if err := k.deliver(context.Background(), b); err != nil {
					errs[g] = err
				}
			}
		})
	}
	wg.Wait()
	for g, err := range errs {
		if err != nil {
			k.broken("delivery %d of %d side by side: %v", g, n, err)
		}
	}
	k.wantRecords(batches...)
}

// record makes a batch of one record with a text.
func (k *kit) record(text string) *destination.Batch {
	b := k.batch(1, 0)
	line := fmt.Sprintf(`{"n":%d,"text":%q}`+"\n", k.number-1, text)
	b.Data = []byte(line)
	b.Items[0].End = len(b.Data)
	b.Items[0].Raw = encode(b.Items[0].Time, text)
	return b
}
