package natsdest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/destinationtest"
	"github.com/hydra-logger/hydra/plugin/natsdest"
	"github.com/hydra-logger/hydra/record"
)

const patience = 20 * time.Second

// start runs a server with JetStream in dir; port -1 is a free one.
func start(t *testing.T, dir string, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, NoLog: true, NoSigs: true, JetStream: true, StoreDir: dir,
		Username: "logger", Password: "s3cret", MaxPayload: 8 << 20, MaxPending: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server does not start")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

func address(s *server.Server) string { return s.Addr().String() }

// client is the test's own connection.
func client(t *testing.T, s *server.Server) jetstream.JetStream {
	t.Helper()
	closed := make(chan struct{})
	nc, err := nats.Connect("nats://logger:s3cret@"+address(s), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close(); <-closed })
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func stream(t *testing.T, js jetstream.JetStream, c jetstream.StreamConfig) jetstream.Stream {
	t.Helper()
	c.Name, c.Subjects = "LOGS", []string{"logs.>"}
	s, err := js.CreateOrUpdateStream(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// messages reads the whole stream.
func messages(t *testing.T, s jetstream.Stream, each func(m jetstream.Msg)) {
	t.Helper()
	info, err := s.Info(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.CreateConsumer(context.Background(), jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.DeleteConsumer(context.Background(), c.CachedInfo().Name) }()
	for left := int(info.State.Msgs); left > 0; {
		b, err := c.Fetch(min(left, 5000), jetstream.FetchMaxWait(patience))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for m := range b.Messages() {
			each(m)
			n++
		}
		if left -= n; n == 0 {
			t.Fatalf("%d messages are missing: %v", left, b.Error())
		}
	}
}

func open(t *testing.T, o natsdest.Options) *natsdest.Driver {
	t.Helper()
	d, err := natsdest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDriverKeepsTheRules(t *testing.T) {
	destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
		s := start(t, t.TempDir(), -1)
		logs := stream(t, client(t, s), jetstream.StreamConfig{Storage: jetstream.MemoryStorage})
		p := destinationtest.NewProxy(t, address(s))
		return destinationtest.Harness{
			Driver: open(t, natsdest.Options{URL: "nats://logger:s3cret@" + p.Address()}),
			Received: func() []byte {
				var all bytes.Buffer
				messages(t, logs, func(m jetstream.Msg) { fmt.Fprintf(&all, "%s\n", m.Data()) })
				return all.Bytes()
			},
			Block: p.Block, Break: p.Break, Secrets: []string{"s3cret"},
		}
	})
}

// batch makes n records from first on.
func batch(first, n int, ids *record.IDs) *destination.Batch {
	b := &destination.Batch{Attempt: 1}
	for i := first; i < first+n; i++ {
		var e record.Encoder
		raw := bytes.Clone(e.Encode(&record.Header{Time: 1, Level: slog.LevelWarn, Layer: "pay.card", Message: "paid", IDs: ids}, nil, nil))
		start := len(b.Data)
		b.Data = fmt.Appendf(b.Data, `{"n":%d}`+"\n", i)
		b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data), Raw: raw, Level: slog.LevelWarn, Journal: [16]byte{7}, Position: uint64(i)})
	}
	return b
}

func TestARecordsIdsAndItsLayerTravelWithIt(t *testing.T) {
	s := start(t, t.TempDir(), -1)
	logs := stream(t, client(t, s), jetstream.StreamConfig{Storage: jetstream.MemoryStorage})
	d := open(t, natsdest.Options{URL: "nats://" + address(s), User: "logger", Password: "s3cret"})
	defer func() { _ = d.Close(context.Background()) }()
	b := batch(1, 1, &record.IDs{CorrelationID: "order-1\r\nX: y", CausationID: "cmd-7", MessageID: "m", TraceID: [16]byte{1}, SpanID: [8]byte{2}, TraceFlags: 1})
	for range 2 { // the second is a duplicate
		if err := d.Deliver(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	messages(t, logs, func(m jetstream.Msg) {
		n++
		want := map[string]string{"Nats-Msg-Id": destination.IdempotencyKey(&b.Items[0]), "correlation_id": "order-1__X: y", "causation_id": "cmd-7",
			"message_id": "m", "traceparent": "00-01000000000000000000000000000000-0200000000000000-01"}
		for k, v := range want {
			if got := m.Headers().Get(k); got != v {
				t.Errorf("%s: %q, want %q", k, got, v)
			}
		}
		if m.Subject() != "logs.pay_card.warning" || string(m.Data()) != `{"n":1}` {
			t.Errorf("%s: %s", m.Subject(), m.Data())
		}
	})
	if n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestARecordThatIsTooLargeForTheStreamIsRejectedAlone(t *testing.T) {
	s := start(t, t.TempDir(), -1)
	logs := stream(t, client(t, s), jetstream.StreamConfig{Storage: jetstream.MemoryStorage, MaxMsgSize: 1000})
	d := open(t, natsdest.Options{URL: "nats://logger:s3cret@" + address(s)})
	defer func() { _ = d.Close(context.Background()) }()
	b := batch(1, 3, nil)
	b.Items[1].Start, b.Items[1].End = len(b.Data), len(b.Data)+2000
	b.Data = append(b.Data, strings.Repeat("x", 2000)...)
	b.Items[2].Start, b.Items[2].End = b.Items[0].Start, b.Items[0].End
	o := destination.OutcomeOf(d.Deliver(context.Background(), b))
	if o.Kind != destination.Partly || len(o.Items) != 1 || o.Items[0].Index != 1 ||
		destination.OutcomeOf(o.Items[0].Err).Kind != destination.Rejected {
		t.Errorf("%+v", o)
	}
	if i, _ := logs.Info(context.Background()); i.State.Msgs != 2 {
		t.Errorf("%d messages", i.State.Msgs)
	}
}

func TestWithoutAStreamTheBatchIsRetriedAndTheErrorSaysWhy(t *testing.T) {
	s := start(t, t.TempDir(), -1)
	d := open(t, natsdest.Options{URL: "nats://logger:s3cret@" + address(s)})
	defer func() { _ = d.Close(context.Background()) }()
	err := d.Deliver(context.Background(), batch(1, 3, nil))
	if destination.OutcomeOf(err).Kind != destination.Retrying || !strings.Contains(err.Error(), "no stream") {
		t.Error(err)
	}
}

func TestAWrongPasswordIsRetriedAndNotShown(t *testing.T) {
	s := start(t, t.TempDir(), -1)
	d := open(t, natsdest.Options{URL: "nats://logger:wr0ng@" + address(s)})
	err := d.Deliver(context.Background(), batch(1, 1, nil))
	if destination.OutcomeOf(err).Kind != destination.Retrying || !errors.Is(err, nats.ErrAuthorization) || strings.Contains(err.Error(), "wr0ng") {
		t.Error(err)
	}
	if strings.Contains(d.Describe(), "wr0ng") {
		t.Error(d.Describe())
	}
}

func TestCoreNATSDeliversToWhoListens(t *testing.T) {
	s := start(t, t.TempDir(), -1)
	js := client(t, s)
	sub, err := js.Conn().SubscribeSync("logs.>")
	if err != nil {
		t.Fatal(err)
	}
	_ = js.Conn().Flush()
	d := open(t, natsdest.Options{URL: "nats://logger:s3cret@" + address(s), Core: true})
	defer func() { _ = d.Close(context.Background()) }()
	if err := errors.Join(d.Probe(context.Background()), d.Deliver(context.Background(), batch(1, 100, nil))); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		m, err := sub.NextMsg(patience)
		if err != nil || string(m.Data) != fmt.Sprintf(`{"n":%d}`, i+1) {
			t.Fatal(i, m, err)
		}
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for want, o := range map[string]natsdest.Options{
		"address of a server": {},
		"scheme":              {URL: "http://u:s3cret@h"},
		"four ways":           {URL: "nats://h", Token: "t", User: "u"},
		"placeholders":        {URL: "nats://h", Subject: "logs.{leyer}"},
		"wildcards":           {URL: "nats://h", Subject: "logs.*"},
		"max_pending":         {URL: "nats://h", MaxPending: 5000},
		"nkey_file":           {URL: "nats://h", NKeyFile: "/nowhere"},
	} {
		if _, err := natsdest.New(o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", want, err)
		}
	}
}
