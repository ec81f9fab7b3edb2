package memorydest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

func batchOf(attempt int, lines ...string) *destination.Batch {
	b := &destination.Batch{Attempt: attempt}
	for _, l := range lines {
		start := len(b.Data)
		b.Data = append(append(b.Data, l...), '\n')
		b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data), Raw: []byte(l)})
	}
	return b
}

func TestItemsAreCopies(t *testing.T) {
	d := New(Options{})
	b := batchOf(1, "a", "b")
	if err := d.Deliver(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	clear(b.Data)
	clear(b.Items[0].Raw)
	items := d.Items()
	if string(d.Bytes()) != "a\nb\n" || d.Len() != 2 || d.Batches() != 1 || string(items[0].Data) != "a\n" ||
		string(items[0].Raw) != "a" || string(items[0].Item.Raw) != "a" {
		t.Errorf("kept %q and %v", d.Bytes(), items)
	}
	if d.Reset(); len(d.Bytes()) != 0 || d.Len() != 0 || d.Calls() != 0 {
		t.Error("Reset left something")
	}
}

func TestOnlyTheNewestRecordsAreKeptWhereThatIsAskedFor(t *testing.T) {
	d := New(Options{MaxBytes: 100})
	for i := range 1000 {
		data := fmt.Appendf(nil, "record %03d\n", i)
		if err := d.Deliver(t.Context(), &destination.Batch{Data: data, Items: []destination.Item{{End: len(data)}}, Attempt: 1}); err != nil {
			t.Fatal(err)
		}
	}
	items := d.Items()
	if n := len(d.Bytes()); n > 200 || n != len(items)*11 || string(items[len(items)-1].Data) != "record 999\n" {
		t.Errorf("%d bytes of %d records are kept, the last %q", n, len(items), items[len(items)-1].Data)
	}
}

func TestShortWriteIsCompletedByTheNextTry(t *testing.T) {
	d := New(Options{})
	d.ShortWrite(3)
	b := batchOf(1, "abc", "def")
	if err := d.Deliver(t.Context(), b); !errors.Is(err, io.ErrShortWrite) || string(d.Bytes()) != "abc" || d.Len() != 0 {
		t.Errorf("%v, %q", err, d.Bytes())
	}
	b.Attempt++
	if err := d.Deliver(t.Context(), b); err != nil || string(d.Bytes()) != "abc\ndef\n" || d.Len() != 2 {
		t.Errorf("%v, %q", err, d.Bytes())
	}
}

func TestFailuresAreByTheNumberOfTheCall(t *testing.T) {
	d := New(Options{})
	down := errors.New("down")
	d.FailWith(func(call int) error {
		if call < 3 {
			return down
		}
		return nil
	})
	for i, want := range []error{down, down, nil} {
		if err := d.Deliver(t.Context(), batchOf(i+1, "a")); err != want {
			t.Errorf("call %d: %v", i+1, err)
		}
	}
	if d.Calls() != 3 || d.Len() != 1 {
		t.Errorf("%d calls, %d records", d.Calls(), d.Len())
	}
}

func TestBlockedDeliveryEndsWithItsContextUnlessItIsDeaf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(Options{Remote: true})
		if d.Local() {
			t.Error("a remote driver says that it is local")
		}
		for _, deaf := range []bool{false, true} {
			d.Block(deaf)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			done := make(chan error, 1)
			go func() { done <- d.Deliver(ctx, batchOf(1, "a")) }()
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if ended := len(done) == 1; ended == deaf {
				t.Errorf("deaf %v: ended %v", deaf, ended)
			}
			d.Unblock()
			d.Unblock()
			if err := <-done; (err == nil) != deaf {
				t.Errorf("deaf %v: %v", deaf, err)
			}
			cancel()
		}
	})
}

func TestCloseIsSeen(t *testing.T) {
	d := New(Options{})
	if d.Closed() {
		t.Error("closed in the beginning")
	}
	if err := d.Close(t.Context()); err != nil || !d.Closed() || d.Describe() != "memory" {
		t.Errorf("%v %v", err, d.Closed())
	}
}
