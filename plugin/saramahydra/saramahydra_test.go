package saramahydra_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/plugin/saramahydra"
	"github.com/hydra-logger/hydra/record"
)

const patience = 20 * time.Second

func TestIDsGoThroughKafkaAndTheClientsWordsBecomeRecords(t *testing.T) {
	log, rec := hydratest.New(t)
	ours := saramahydra.NewLogger(log, hydra.LevelDebug)
	said.to.Store(&ours)
	defer said.to.Store(nil)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	config := sarama.NewConfig()
	config.Version = sarama.V2_8_0_0
	config.Producer.Return.Successes = true
	config.Producer.Interceptors = []sarama.ProducerInterceptor{saramahydra.Interceptor{}}
	producer, err := sarama.NewSyncProducer(cluster.ListenAddrs(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	ctx := correlation.With(context.Background(), record.IDs{CorrelationID: "flow", MessageID: "click", TraceID: [16]byte{1}, SpanID: [8]byte{2}})
	for _, metadata := range []any{ctx, "no context"} {
		if _, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: "orders", Metadata: metadata}); err != nil {
			t.Fatal(err)
		}
	}
	consumer, err := sarama.NewConsumer(cluster.ListenAddrs(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer consumer.Close()
	part, err := consumer.ConsumePartition("orders", 0, sarama.OffsetOldest)
	if err != nil {
		t.Fatal(err)
	}
	defer part.Close()
	next := func() record.IDs {
		t.Helper()
		select {
		case m := <-part.Messages():
			ids, _ := correlation.FromContext(saramahydra.Extract(context.Background(), m))
			return ids
		case <-time.After(patience):
			t.Fatal("no message comes")
			return record.IDs{}
		}
	}
	if ids := next(); ids != (record.IDs{CorrelationID: "flow", CausationID: "click", MessageID: "orders/0/0", TraceID: [16]byte{1}, SpanID: [8]byte{2}}) {
		t.Errorf("%+v", ids)
	}
	if ids := next(); !correlation.Valid(ids.CorrelationID) || ids.CausationID != "" || ids.MessageID != "orders/0/1" {
		t.Errorf("without ids: %+v", ids)
	}
	rec.Expect(hydratest.Level(hydra.LevelDebug), hydratest.MessageContains("client/metadata"))
	rec.ExpectNone(hydratest.Where("ends with a line's end", func(r hydratest.Record) bool { return strings.HasSuffix(r.Message, "\n") }))
}

func TestHeadersThatAMessageHasStay(t *testing.T) {
	ctx := correlation.With(context.Background(), record.IDs{CorrelationID: "flow", MessageID: "m1"})
	shared := make([]sarama.RecordHeader, 1, 8)
	shared[0] = sarama.RecordHeader{Key: []byte("correlation_id"), Value: []byte("own")}
	m := &sarama.ProducerMessage{Headers: shared}
	saramahydra.Inject(ctx, m)
	if len(m.Headers) != 2 || string(m.Headers[0].Value) != "own" || string(m.Headers[1].Key) != "causation_id" || shared[:2][1].Key != nil {
		t.Errorf("%s", m.Headers)
	}
	long := &sarama.ConsumerMessage{Topic: strings.Repeat("t", 200), Headers: []*sarama.RecordHeader{nil}}
	if ids, _ := correlation.FromContext(saramahydra.Extract(context.Background(), long)); ids.MessageID != "" {
		t.Errorf("%+v", ids)
	}
}

func TestEveryWayToPrintIsOneRecord(t *testing.T) {
	log, rec := hydratest.New(t)
	l := saramahydra.NewLogger(log, hydra.LevelWarning)
	l.Print("a ", 1)
	l.Printf("b %d\n", 2)
	l.Println("c", 3)
	saramahydra.NewLogger(nil, hydra.LevelWarning).Print("nowhere")
	for _, m := range []string{"a 1", "b 2", "c 3"} {
		rec.Expect(hydratest.HasMessage(m), hydratest.Level(hydra.LevelWarning))
	}
	rec.ExpectCount(3)
}
