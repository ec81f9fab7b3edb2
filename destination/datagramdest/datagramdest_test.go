package datagramdest

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/destinationtest"
	"github.com/hydra-logger/hydra/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// receiver reads datagrams.
type receiver struct {
	t       *testing.T
	network string
	address string
	mu      sync.Mutex
	cond    *sync.Cond
	conn    net.PacketConn
	blocked bool
	got     []string
	seen    map[string]bool
	wg      sync.WaitGroup
}

func newReceiver(t *testing.T, network string) *receiver {
	r := &receiver{t: t, network: network, address: "127.0.0.1:0", seen: map[string]bool{}}
	if network == "unixgram" {
		r.address = filepath.Join(t.TempDir(), "s")
	}
	r.cond = sync.NewCond(&r.mu)
	r.start()
	t.Cleanup(func() { r.block(false); r.stop(); r.wg.Wait() })
	return r
}

func (r *receiver) start() {
	c, err := net.ListenPacket(r.network, r.address)
	if err != nil {
		r.t.Fatal(err)
	}
	if u, ok := c.(*net.UDPConn); ok {
		_ = u.SetReadBuffer(4 << 20)
	}
	r.mu.Lock()
	r.conn = c
	r.mu.Unlock()
	r.address = c.LocalAddr().String()
	r.wg.Go(func() {
		buf := make([]byte, 1<<20)
		for {
			r.mu.Lock()
			for r.blocked && r.conn == c {
				r.cond.Wait()
			}
			r.mu.Unlock()
			n, _, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			r.mu.Lock()
			if s := string(buf[:n]); r.conn == c && !r.seen[s] {
				r.seen[s] = true
				r.got = append(r.got, s)
			}
			r.mu.Unlock()
		}
	})
}

func (r *receiver) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn != nil {
		_ = r.conn.Close()
	}
	r.conn = nil
	r.cond.Broadcast()
}

func (r *receiver) block(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.blocked = on
	r.cond.Broadcast()
}

func (r *receiver) records() []string {
	last := -1
	for {
		r.mu.Lock()
		n := len(r.got)
		if n == last {
			defer r.mu.Unlock()
			return append([]string(nil), r.got...)
		}
		r.mu.Unlock()
		last = n
		time.Sleep(50 * time.Millisecond)
	}
}

func batchOf(lines ...string) *destination.Batch {
	b := &destination.Batch{Attempt: 1}
	for _, l := range lines {
		start := len(b.Data)
		b.Data = append(append(b.Data, l...), '\n')
		b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data)})
	}
	return b
}

func newDriver(t *testing.T, o Options) *Driver {
	t.Helper()
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The rules that need a record of any size to arrive whole are left out: no datagram can hold it.
func TestDriverKeepsTheRules(t *testing.T) {
	for _, network := range []string{"udp", "unixgram"} {
		t.Run(network, func(t *testing.T) {
			destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
				r := newReceiver(t, network)
				d, err := New(Options{Network: network, Address: r.address, Oversize: OversizeCut})
				must(t, err)
				return destinationtest.Harness{Driver: d, Break: func() func() { r.stop(); return func() {} }}
			})
		})
	}
}

func TestRecordsArriveEachInADatagramWithoutItsLineFeed(t *testing.T) {
	for _, network := range []string{"udp", "unixgram"} {
		r := newReceiver(t, network)
		d := newDriver(t, Options{Network: network, Address: r.address})
		must(t, d.Deliver(t.Context(), batchOf("one", "", "two\nlines", "three")))
		if got := strings.Join(r.records(), "|"); got != "one|two\nlines|three" {
			t.Errorf("%s: %q", network, got)
		}
	}
}

func TestABadSettingIsRefusedByNew(t *testing.T) {
	for _, o := range []Options{
		{}, {Address: "host"}, {Network: "tcp", Address: "host:1"}, {Address: "host:1", Oversize: "what"},
		{Address: "host:1", MaxSize: 3}, {Address: "host:1", MaxSize: 70000}, {Address: "host:1", Rate: -1},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

func TestARecordThatDoesNotFitIsRejectedAlone(t *testing.T) {
	r := newReceiver(t, "udp")
	d := newDriver(t, Options{Address: r.address, MaxSize: 20})
	err := d.Deliver(t.Context(), batchOf("one", strings.Repeat("x", 21), "three"))
	o := destination.OutcomeOf(err)
	if o.Kind != destination.Partly || len(o.Items) != 1 || o.Items[0].Index != 1 ||
		destination.OutcomeOf(o.Items[0].Err).Kind != destination.Rejected {
		t.Errorf("%v: %+v", err, o)
	}
	if got := strings.Join(r.records(), "|"); got != "one|three" {
		t.Errorf("%q", got)
	}
}

func TestARecordThatTheSystemDoesNotSendIsRejectedAlone(t *testing.T) {
	r := newReceiver(t, "unixgram")
	d := newDriver(t, Options{Network: "unixgram", Address: r.address, MaxSize: 64 << 20})
	err := d.Deliver(t.Context(), batchOf("one", strings.Repeat("x", 32<<20), "three"))
	if o := destination.OutcomeOf(err); o.Kind != destination.Partly || len(o.Items) != 1 || o.Items[0].Index != 1 {
		t.Errorf("%v: %+v", err, o)
	}
}

func TestACutRecordEndsWithTheMarkAndTearsNoCharacter(t *testing.T) {
	for size := len(CutMark) + 1; size < 40; size++ {
		got := appendCut(nil, []byte(strings.Repeat("aé€😀", 20)), size)
		if len(got) > size || !strings.HasSuffix(string(got), CutMark) || !utf8.Valid(got) {
			t.Errorf("size %d: %q", size, got)
		}
	}
}

func TestWhatNobodyListenedToIsSentAgain(t *testing.T) {
	r := newReceiver(t, "udp")
	d := newDriver(t, Options{Address: r.address})
	must(t, d.Deliver(t.Context(), batchOf("one")))
	r.records()
	r.stop()
	b := batchOf("two", "three")
	for _, b := range []*destination.Batch{b, batchOf("two")} { // of one, the answer comes after its last datagram
		if err := d.Deliver(t.Context(), b); err == nil {
			t.Errorf("nobody listens, and yet a batch of %d counts as delivered", len(b.Items))
		}
	}
	r.start()
	must(t, d.Deliver(t.Context(), b))
	if got := strings.Join(r.records(), "|"); got != "one|two|three" {
		t.Errorf("%q", got)
	}
}

// A host elsewhere answers a moment later that nobody listens: the error then comes with the first datagram of the next batch.
func TestABatchThatWasRefusedLaterIsSentAgain(t *testing.T) {
	r := newReceiver(t, "udp")
	d := newDriver(t, Options{Address: r.address})
	must(t, d.Deliver(t.Context(), batchOf("lost")))
	r.records()
	r.mu.Lock()
	r.got, r.seen = nil, map[string]bool{}
	r.mu.Unlock()
	r.stop()
	_, _ = d.conn.Write([]byte("lost")) // its answer waits for the next write
	r.start()
	b := batchOf("next")
	if err := d.Deliver(t.Context(), b); err == nil {
		t.Fatal("the answer was not noticed")
	}
	must(t, d.Deliver(t.Context(), b))
	if got := strings.Join(r.records(), "|"); got != "lost|next" {
		t.Errorf("%q", got)
	}
}

func TestAFullQueueIsWaitedForAndWhatWasQueuedDoesNotComeAgain(t *testing.T) {
	r := newReceiver(t, "unixgram")
	d := newDriver(t, Options{Network: "unixgram", Address: r.address, Timeout: 100 * time.Millisecond})
	r.block(true)
	lines := make([]string, 2000)
	for i := range lines {
		lines[i] = strings.Repeat("x", 100) + string(rune('a'+i%26)) + strings.Repeat("y", i)
	}
	b := batchOf(lines...)
	err := d.Deliver(t.Context(), b)
	o := destination.OutcomeOf(err)
	if o.Kind != destination.Partly || o.Items[0].Index == 0 || destination.OutcomeOf(o.Items[0].Err).Kind != destination.Retrying {
		t.Fatalf("%v", err)
	}
	r.block(false)
	must(t, d.Deliver(t.Context(), batchOf(lines[o.Items[0].Index:]...)))
	if got := r.records(); len(got) != len(lines) || strings.Join(got, "\n") != strings.Join(lines, "\n") {
		t.Errorf("%d of %d records arrived", len(got), len(lines))
	}
}

func TestADeliveryEndsWithItsContext(t *testing.T) {
	r := newReceiver(t, "unixgram")
	d := newDriver(t, Options{Network: "unixgram", Address: r.address})
	r.block(true)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := d.Deliver(ctx, batchOf(slices.Repeat([]string{"x"}, 1000)...))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestTheRateIsKept(t *testing.T) {
	r := newReceiver(t, "udp")
	d := newDriver(t, Options{Address: r.address, Rate: 1000})
	start := time.Now()
	must(t, d.Deliver(t.Context(), batchOf(slices.Repeat([]string{"x"}, 201)...)))
	if took := time.Since(start); took < 190*time.Millisecond {
		t.Errorf("201 datagrams took %v", took)
	}
}
