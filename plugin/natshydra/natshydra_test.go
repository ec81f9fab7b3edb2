package natshydra_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/plugin/natshydra"
	"github.com/hydra-logger/hydra/record"
)

const patience = 20 * time.Second

// start runs a real server; port -1 is a free one.
func start(t *testing.T, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{ServerName: "one", Host: "127.0.0.1", Port: port, NoLog: true, NoSigs: true, JetStream: true, StoreDir: t.TempDir(),
		Username: "me", Password: "s3cret"})
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

func connect(t *testing.T, s *server.Server, opts ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect("nats://me:s3cret@"+s.Addr().String(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		nc.Close()
		for late := time.Now().Add(patience); !nc.IsClosed() && time.Now().Before(late); time.Sleep(time.Millisecond) {
		}
	})
	return nc
}

func TestTheLifeOfAConnectionIsLogged(t *testing.T) {
	log, rec := hydratest.New(t)
	s := start(t, -1)
	port := s.Addr().(*net.TCPAddr).Port
	own := make(chan string, 10)
	opts := append([]nats.Option{
		nats.ClosedHandler(func(*nats.Conn) { own <- "closed" }),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { own <- "disconnected" }),
		nats.ReconnectWait(10 * time.Millisecond), nats.MaxReconnects(-1),
	}, natshydra.Options(log)...)
	nc := connect(t, s, opts...)
	rec.Await(patience, hydratest.HasMessage("nats: connected"), hydratest.Level(hydra.LevelInfo), hydratest.HasAttr("server", "one"))
	s.Shutdown()
	s.WaitForShutdown()
	rec.Await(patience, hydratest.HasMessage("nats: disconnected"), hydratest.Level(hydra.LevelWarning), hydratest.HasKey(hydra.ErrorKey))
	rec.Await(patience, hydratest.HasMessage("nats: reconnect failed"), hydratest.Level(hydra.LevelWarning), hydratest.HasKey(hydra.ErrorKey))
	start(t, port)
	rec.Await(patience, hydratest.HasMessage("nats: reconnected"), hydratest.Level(hydra.LevelInfo))
	nc.Close()
	rec.Await(patience, hydratest.HasMessage("nats: closed"))
	for _, want := range []string{"disconnected", "closed"} {
		for got := ""; got != want; {
			select {
			case got = <-own:
			case <-time.After(patience):
				t.Fatalf("the program's own handler does not hear %q", want)
			}
		}
	}
	rec.ExpectNone(hydratest.Where("shows the password", func(r hydratest.Record) bool { return strings.Contains(r.Text, "s3cret") }))
}

func TestASlowConsumerIsAWarningThatSaysWhatWasDropped(t *testing.T) {
	log, rec := hydratest.New(t)
	nc := connect(t, start(t, -1), natshydra.Options(log)...)
	hold := make(chan struct{})
	sub, err := nc.QueueSubscribe("orders", "workers", func(*nats.Msg) { <-hold })
	if err != nil {
		t.Fatal(err)
	}
	if err := sub.SetPendingLimits(1, -1); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if err := nc.Publish("orders", nil); err != nil {
			t.Fatal(err)
		}
	}
	rec.Await(patience, hydratest.HasMessage("nats: slow consumer"), hydratest.Level(hydra.LevelWarning), hydratest.HasAttr("subject", "orders"),
		hydratest.HasAttr("queue", "workers"), hydratest.HasKey("dropped"))
	close(hold)
}

func TestAnErrorOfTheServerIsLogged(t *testing.T) {
	log, rec := hydratest.New(t)
	heard := make(chan error, 1)
	opts := append([]nats.Option{nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { heard <- err })}, natshydra.Options(log)...)
	o := nats.GetDefaultOptions()
	for _, opt := range opts {
		if err := opt(&o); err != nil {
			t.Fatal(err)
		}
	}
	o.AsyncErrorCB(nil, &nats.Subscription{Subject: "secret"}, nats.ErrPermissionViolation)
	rec.Expect(hydratest.HasMessage("nats: error"), hydratest.Level(hydra.LevelError), hydratest.HasAttr("subject", "secret"), hydratest.HasAttr(hydra.ErrorKey, nats.ErrPermissionViolation))
	if err := <-heard; err != nats.ErrPermissionViolation {
		t.Error(err)
	}
}

func TestOneIDGoesThroughCoreNATSAndJetStream(t *testing.T) {
	log, rec := hydratest.New(t)
	nc := connect(t, start(t, -1), natshydra.Options(log)...)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	bg, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stream, err := js.CreateStream(bg, jetstream.StreamConfig{Name: "PAYMENTS", Subjects: []string{"payments"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nc.Subscribe("orders", func(m *nats.Msg) {
		ctx := natshydra.Extract(context.Background(), m)
		log.Info(ctx, "paying")
		out := nats.NewMsg("payments")
		natshydra.Inject(ctx, out)
		if _, err := js.PublishMsg(bg, out); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	first := &nats.Msg{Subject: "orders", Header: nats.Header{nats.MsgIdHdr: {"m1"}}}
	natshydra.Inject(correlation.With(context.Background(), record.IDs{CorrelationID: "flow", MessageID: "click", TraceID: [16]byte{1}, SpanID: [8]byte{2}}), first)
	if err := nc.PublishMsg(first); err != nil {
		t.Fatal(err)
	}
	cons, err := stream.CreateConsumer(bg, jetstream.ConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := cons.Next(jetstream.FetchMaxWait(patience))
	if err != nil {
		t.Fatal(err)
	}
	log.Info(natshydra.ExtractJetStream(context.Background(), m), "shipping")
	if ids := rec.Expect(hydratest.HasMessage("paying"), hydratest.HasCorrelationID("flow")).IDs; ids.CausationID != "click" || ids.MessageID != "m1" || ids.TraceID != [16]byte{1} {
		t.Errorf("first: %+v", ids)
	}
	if ids := rec.Expect(hydratest.HasMessage("shipping"), hydratest.HasCorrelationID("flow")).IDs; ids.CausationID != "m1" || ids.MessageID != "PAYMENTS/1" || ids.TraceID != [16]byte{1} {
		t.Errorf("second: %+v", ids)
	}
	bare := &nats.Msg{Subject: "x"}
	natshydra.Inject(context.Background(), bare)
	if bare.Header != nil {
		t.Error("a context without ids made a header")
	}
}
