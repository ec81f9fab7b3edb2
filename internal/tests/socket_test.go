package tests

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination"
)

// socketBatch is n records, numbered from on, each made by text from its number.
func socketBatch(from, n int, text func(n int) string) *destination.Batch {
	b := &destination.Batch{Attempt: 1}
	for i := range n {
		start := len(b.Data)
		b.Data = append(append(b.Data, text(from+i)...), '\n')
		b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data), Journal: [16]byte{9}, Position: uint64(from + i)})
	}
	return b
}

// rfc5424 is a syslog record whose text has two lines and ends with its number.
func rfc5424(n int) string {
	return fmt.Sprintf("<14>1 2024-01-02T15:04:05.678901Z web1 shop 12 - - order taken\nfor n=%d", n)
}

// rfc3164 is a record of the older standard.
func rfc3164(n int) string {
	return fmt.Sprintf("<14>Jan  2 15:04:05 web1 shop[12]: order taken for n=%d", n)
}

// insist delivers as a worker does, until nothing of the batch is left; it returns how often it had to try again.
func insist(t *testing.T, d destination.Driver, b *destination.Batch) (failures int) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); ; failures++ {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		err := d.Deliver(ctx, b)
		cancel()
		if err == nil {
			return failures
		}
		if time.Now().After(end) {
			t.Fatalf("a batch was never taken: %v", err)
		}
		if o := destination.OutcomeOf(err); o.Kind == destination.Partly {
			b = rest(b, o)
		} else {
			b.Attempt++
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// rest is a batch of what has not arrived.
func rest(b *destination.Batch, o destination.Outcome) *destination.Batch {
	out := &destination.Batch{Attempt: 1}
	for _, e := range o.Items {
		it := b.Items[e.Index]
		data := b.Data[it.Start:it.End]
		it.Start = len(out.Data)
		out.Data = append(out.Data, data...)
		it.End = len(out.Data)
		out.Items = append(out.Items, it)
	}
	return out
}

// numbers counts the records of a file by their number, which follows the last n= of a line.
func numbers(t *testing.T, text string) map[int]int {
	t.Helper()
	seen := map[int]int{}
	for line := range strings.Lines(text) {
		at := strings.LastIndex(line, "n=")
		if at < 0 {
			continue
		}
		digits := line[at+2:]
		end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
		n, err := strconv.Atoi(digits[:max(end, 0)])
		if err != nil {
			t.Fatalf("no number in %q", line)
		}
		seen[n]++
	}
	return seen
}

// wantNumbers checks that each of n records is there, and says how many came more than once.
func wantNumbers(t *testing.T, seen map[int]int, n int) (again int) {
	t.Helper()
	lost := 0
	for i := range n {
		if seen[i] == 0 {
			if lost++; lost < 4 {
				t.Errorf("record %d is lost", i)
			}
		}
		again += max(seen[i]-1, 0)
	}
	t.Logf("%d records: %d lost, %d more than once", n, lost, again)
	return again
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
