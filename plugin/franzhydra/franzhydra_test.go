package franzhydra_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/plugin/franzhydra"
	"github.com/hydra-logger/hydra/record"
)

const patience = 20 * time.Second

func cluster(t *testing.T) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders", "payments"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func client(t *testing.T, addrs []string, log *hydra.Logger, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	opts = append(opts, kgo.SeedBrokers(addrs...), kgo.WithLogger(franzhydra.NewLogger(log)), kgo.WithHooks(franzhydra.NewHooks(log)))
	c, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func fetch(t *testing.T, c *kgo.Client) *kgo.Record {
	t.Helper()
	fetches := c.PollRecords(within(t), 1)
	if err := fetches.Err0(); err != nil || fetches.NumRecords() != 1 {
		t.Fatalf("%d records, %v", fetches.NumRecords(), fetches.Errors())
	}
	return fetches.Records()[0]
}

func produce(t *testing.T, c *kgo.Client, ctx context.Context, r *kgo.Record) {
	t.Helper()
	if err := c.ProduceSync(ctx, r).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func TestOneIDGoesThroughTwoTopicsAndEachNamesItsCause(t *testing.T) {
	log, rec := hydratest.New(t)
	addrs := cluster(t).ListenAddrs()
	orders, payments := client(t, addrs, log, kgo.ConsumeTopics("orders")), client(t, addrs, log, kgo.ConsumeTopics("payments"))

	ctx := correlation.With(within(t), record.IDs{CorrelationID: "flow", CausationID: "click", TraceID: [16]byte{1}, SpanID: [8]byte{2}})
	shared := make([]kgo.RecordHeader, 1, 8)
	shared[0] = kgo.RecordHeader{Key: "a", Value: []byte("1")}
	produce(t, orders, ctx, &kgo.Record{Topic: "orders", Headers: shared})
	if shared[:2][1].Key != "" {
		t.Error("the headers that records share were written to")
	}
	first := fetch(t, orders)
	log.Info(first.Context, "paying")
	produce(t, payments, first.Context, &kgo.Record{Topic: "payments"})
	second := fetch(t, payments)
	log.Info(second.Context, "shipping")

	if ids := rec.Expect(hydratest.HasMessage("paying"), hydratest.HasCorrelationID("flow")).IDs; ids.CausationID != "click" || ids.MessageID != "orders/0/0" || ids.TraceID != [16]byte{1} {
		t.Errorf("first: %+v", ids)
	}
	if ids := rec.Expect(hydratest.HasMessage("shipping"), hydratest.HasCorrelationID("flow")).IDs; ids.CausationID != "orders/0/0" || ids.MessageID != "payments/0/0" || ids.TraceID != [16]byte{1} {
		t.Errorf("second: %+v", ids)
	}
	rec.Expect(hydratest.Level(hydra.LevelDebug), hydratest.MessageContains("metadata")) // the client's own
}

func TestHeadersThatARecordHasStay(t *testing.T) {
	ctx := correlation.With(context.Background(), record.IDs{CorrelationID: "flow", MessageID: "m1"})
	r := &kgo.Record{Headers: []kgo.RecordHeader{{Key: "correlation_id", Value: []byte("own")}, {Key: "message_id", Value: []byte("m2")}}}
	franzhydra.Inject(ctx, r)
	ids, _ := correlation.FromContext(franzhydra.Extract(context.Background(), r))
	if ids != (record.IDs{CorrelationID: "own", CausationID: "m1", MessageID: "m2"}) {
		t.Errorf("%+v", ids)
	}
	bare := &kgo.Record{Topic: string(make([]byte, 200))}
	ids, _ = correlation.FromContext(franzhydra.Extract(context.Background(), bare))
	if !correlation.Valid(ids.CorrelationID) || ids.MessageID != "" {
		t.Errorf("%+v", ids)
	}
}

func TestWhatIsNotDeliveredIsLoggedWithItsIDs(t *testing.T) {
	log, rec := hydratest.New(t)
	c := client(t, cluster(t).ListenAddrs(), log)
	ctx := correlation.Ensure(within(t), "flow")
	err := c.ProduceSync(ctx, &kgo.Record{Topic: "orders", Value: make([]byte, 2<<20)}).FirstErr() // larger than a batch may be
	if err == nil {
		t.Fatal("it was delivered")
	}
	rec.Await(patience, hydratest.HasMessage("record not delivered"), hydratest.Level(hydra.LevelError), hydratest.HasCorrelationID("flow"),
		hydratest.HasAttr("topic", "orders"), hydratest.HasAttr(hydra.ErrorKey, err))
}

func TestABrokerThatCannotBeReachedIsLogged(t *testing.T) {
	log, rec := hydratest.New(t)
	c := cluster(t)
	addrs := c.ListenAddrs()
	c.Close()
	cl := client(t, addrs, log)
	ctx, cancel := context.WithCancel(within(t))
	done := make(chan struct{})
	go func() { defer close(done); _ = cl.Ping(ctx) }()
	rec.Await(patience, hydratest.HasMessage("broker can't be reached"), hydratest.Level(hydra.LevelWarning), hydratest.HasAttr("addr", addrs[0]), hydratest.HasKey(hydra.ErrorKey))
	cancel()
	<-done
}

func TestHooksLogThrottlingAndTheEndOfASession(t *testing.T) {
	log, rec := hydratest.New(t)
	h := franzhydra.NewHooks(log)
	h.OnBrokerThrottle(kgo.BrokerMetadata{NodeID: 3}, time.Second, true)
	h.OnGroupManageError(errors.New("group is full"))
	rec.Expect(hydratest.HasMessage("broker throttles"), hydratest.Level(hydra.LevelWarning), hydratest.HasAttr("broker", "3"), hydratest.HasAttr("throttle", time.Second))
	rec.Expect(hydratest.HasMessage("group session ended"), hydratest.Level(hydra.LevelError), hydratest.HasAttr(hydra.ErrorKey, "group is full"))
	franzhydra.NewHooks(nil).OnGroupManageError(errors.New("nowhere"))
}

func TestTheLoggersLevelIsThatOfTheLayer(t *testing.T) {
	log, rec := hydratest.New(t)
	l := franzhydra.NewLogger(log)
	for hydraLevel, want := range map[slog.Level]kgo.LogLevel{
		hydra.LevelTrace: kgo.LogLevelDebug, hydra.LevelInfo: kgo.LogLevelInfo, hydra.LevelWarning: kgo.LogLevelWarn, hydra.LevelError: kgo.LogLevelError, hydra.LevelCritical: kgo.LogLevelNone,
	} {
		if err := log.SetLevel("", hydraLevel); err != nil {
			t.Fatal(err)
		}
		if got := l.Level(); got != want {
			t.Errorf("at %v: %v, want %v", hydraLevel, got, want)
		}
	}
	_ = log.SetLevel("", hydra.LevelWarning)
	l.Log(kgo.LogLevelInfo, "left out")
	l.Log(kgo.LogLevelNone, "never")
	l.Log(kgo.LogLevelWarn, "odd", "n", 1, 2, "two", "alone")
	rec.Expect(hydratest.HasMessage("odd"), hydratest.Level(hydra.LevelWarning), hydratest.HasAttr("n", 1), hydratest.HasAttr("2", "two"), hydratest.HasAttr("alone", nil))
	rec.ExpectCount(1)
	if franzhydra.NewLogger(nil).Level() != kgo.LogLevelNone {
		t.Error("a nil logger has a level")
	}
}
