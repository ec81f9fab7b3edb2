package redisdest_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/destinationtest"
	"github.com/hydra-logger/hydra/plugin/redisdest"
	"github.com/hydra-logger/hydra/record"
)

const patience = 20 * time.Second

// server is a real redis-server.
type server struct {
	dir     string
	address string
	port    string
	stop    func()
}

func start(t *testing.T, s *server, settings ...string) *server {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed (Debian: redis-server)")
	}
	if s == nil {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s = &server{dir: t.TempDir(), address: l.Addr().String(), port: strconv.Itoa(l.Addr().(*net.TCPAddr).Port)}
		_ = l.Close()
	}
	cmd := exec.Command(path, append([]string{"--port", s.port, "--bind", "127.0.0.1", "--dir", s.dir, "--appendonly", "yes", "--appendfsync", "always",
		"--save", "", "--requirepass", "s3cret", "--loglevel", "warning"}, settings...)...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	s.stop = func() {
		if !stopped {
			stopped = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(s.stop)
	c := s.client()
	defer func() { _ = c.Close() }()
	for late := time.Now().Add(patience); c.Ping(context.Background()).Err() != nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("redis-server does not start")
		}
	}
	return s
}

func (s *server) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: s.address, Password: "s3cret"})
}

// entries reads the stream.
func (s *server) entries(t *testing.T, stream string) []redis.XMessage {
	t.Helper()
	c := s.client()
	defer func() { _ = c.Close() }()
	all, err := c.XRange(context.Background(), stream, "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func open(t *testing.T, o redisdest.Options) *redisdest.Driver {
	t.Helper()
	d, err := redisdest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDriverKeepsTheRules(t *testing.T) {
	destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
		s := start(t, nil)
		p := destinationtest.NewProxy(t, s.address)
		return destinationtest.Harness{
			Driver: open(t, redisdest.Options{URL: "redis://:s3cret@" + p.Address()}), Block: p.Block, Break: p.Break, Secrets: []string{"s3cret"},
			Received: func() []byte {
				var all bytes.Buffer
				for _, m := range s.entries(t, "logs") {
					fmt.Fprintf(&all, "%s\n", m.Values["data"])
				}
				return all.Bytes()
			},
		}
	})
}

// batch makes n records from first on.
func batch(first, n int, ids *record.IDs) *destination.Batch {
	b := &destination.Batch{Attempt: 1}
	for i := first; i < first+n; i++ {
		var e record.Encoder
		raw := bytes.Clone(e.Encode(&record.Header{Time: 1, Level: slog.LevelWarn, Layer: "pay", Message: "paid", IDs: ids}, nil, nil))
		start := len(b.Data)
		b.Data = fmt.Appendf(b.Data, `{"n":%d}`+"\n", i)
		b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data), Raw: raw, Journal: [16]byte{7}, Position: uint64(i)})
	}
	return b
}

func TestARecordThatComesTwiceIsAddedOnceWithItsIds(t *testing.T) {
	s := start(t, nil)
	d := open(t, redisdest.Options{URL: "redis://" + s.address, Password: "s3cret", Stream: "logs:{layer}", MaxLen: 1000})
	defer func() { _ = d.Close(context.Background()) }()
	b := batch(1, 1, &record.IDs{CorrelationID: "order-1", CausationID: "cmd-7", TraceID: [16]byte{1}, SpanID: [8]byte{2}})
	for range 2 {
		if err := d.Deliver(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	all := s.entries(t, "logs:pay")
	want := map[string]any{"data": `{"n":1}`, "record_id": destination.IdempotencyKey(&b.Items[0]), "correlation_id": "order-1", "causation_id": "cmd-7",
		"traceparent": "00-01000000000000000000000000000000-0200000000000000-00"}
	if len(all) != 1 || fmt.Sprint(all[0].Values) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", all, want)
	}
}

func TestAFullRedisIsRetriedAndAFailedRecordIsNotTakenForADuplicate(t *testing.T) {
	s := start(t, nil)
	c := s.client()
	defer func() { _ = c.Close() }()
	c.Set(context.Background(), "logs", "no stream", 0)
	d := open(t, redisdest.Options{URL: "redis://:s3cret@" + s.address})
	defer func() { _ = d.Close(context.Background()) }()
	o := destination.OutcomeOf(d.Deliver(context.Background(), batch(1, 2, nil)))
	if o.Kind != destination.Partly || len(o.Items) != 2 || destination.OutcomeOf(o.Items[0].Err).Kind != destination.Retrying {
		t.Errorf("%+v", o)
	}
	c.Del(context.Background(), "logs")
	if err := d.Deliver(context.Background(), batch(1, 2, nil)); err != nil {
		t.Error(err)
	}
	if n := len(s.entries(t, "logs")); n != 2 {
		t.Errorf("%d entries", n)
	}
}

func TestAWrongPasswordIsRetriedAndNotShown(t *testing.T) {
	s := start(t, nil)
	d := open(t, redisdest.Options{URL: "redis://:wr0ng@" + s.address})
	defer func() { _ = d.Close(context.Background()) }()
	err := d.Deliver(context.Background(), batch(1, 1, nil))
	if destination.OutcomeOf(err).Kind != destination.Retrying || strings.Contains(err.Error()+d.Describe(), "wr0ng") {
		t.Error(err)
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for want, o := range map[string]redisdest.Options{
		"address of a server":  {},
		"scheme":               {URL: "http://u:s3cret@h"},
		"number of a database": {URL: "redis://h/x"},
		"placeholder":          {URL: "redis://h", Stream: "{x}"},
		"max_len":              {URL: "redis://h", MaxLen: -1},
	} {
		if _, err := redisdest.New(o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", want, err)
		}
	}
}

func TestARedisThatIsKilledAndComesBackLosesAndDoublesNothing(t *testing.T) {
	n, began := 50_000, time.Now()
	if os.Getenv("HYDRA_FULL") != "" {
		n = 1_000_000
	}
	s := start(t, nil)
	log, err := hydra.Parse([]byte("close_timeout: 300\njournal: {dir: "+t.TempDir()+"}\nlayers: {pay: {destinations: [{type: redis, url: 'redis://:s3cret@"+
		s.address+"', retry_delay: 0.05, format: json-lines}]}}"), redisdest.Register())
	if err != nil {
		t.Fatal(err)
	}
	pay, ctx := log.Layer("pay"), correlation.With(context.Background(), record.IDs{CorrelationID: "order-1", CausationID: "cmd-7"})
	for i := range n {
		pay.Info(ctx, "paid", slog.Int("n", i))
		if i == n/2 {
			underWay(t, log, n)
			s.stop()
			start(t, s)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	seen, doubled := map[any]bool{}, 0
	for _, m := range s.entries(t, "logs") {
		if seen[m.Values["record_id"]] {
			doubled++
		}
		seen[m.Values["record_id"]] = true
		if m.Values["correlation_id"] != "order-1" || m.Values["causation_id"] != "cmd-7" {
			t.Fatalf("%v", m.Values)
		}
	}
	if len(seen) != n || doubled != 0 {
		t.Errorf("%d records have arrived, want %d; %d twice", len(seen), n, doubled)
	}
	t.Logf("%d records, %d arrived, %d doubled, %v", n, len(seen), doubled, time.Since(began))
}

// underWay waits until an eighth of the records has arrived, so that what follows happens in the middle of the deliveries.
func underWay(t *testing.T, log *hydra.Logger, n int) {
	t.Helper()
	for late := time.Now().Add(patience); log.Health().Destinations[0].Ledger.Delivered < uint64(n/8); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("nothing is delivered")
		}
	}
}

func ExampleNew() {
	d, err := redisdest.New(redisdest.Options{URL: "redis://logger:s3cret@redis.example:6379/0", Stream: "logs:{layer}"})
	fmt.Println(d.Describe(), err)
	// Output: redis://redis.example:6379 logs:{layer} <nil>
}
