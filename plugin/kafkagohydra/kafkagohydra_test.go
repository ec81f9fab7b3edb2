package kafkagohydra_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/plugin/kafkagohydra"
	"github.com/hydra-logger/hydra/record"
)

const patience = 20 * time.Second

func TestIDsGoThroughKafkaAndTheClientsWordsBecomeRecords(t *testing.T) {
	log, rec := hydratest.New(t)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	bg, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tr := &kafka.Transport{}
	defer tr.CloseIdleConnections()
	debug, errs := kafkagohydra.NewLogger(log, hydra.LevelDebug), kafkagohydra.NewLogger(log, hydra.LevelError)
	w := &kafka.Writer{Addr: kafka.TCP(cluster.ListenAddrs()...), Topic: "orders", BatchTimeout: time.Millisecond, Transport: tr, Logger: debug, ErrorLogger: errs}
	defer w.Close()
	ctx := correlation.With(bg, record.IDs{CorrelationID: "flow", MessageID: "click", TraceID: [16]byte{1}, SpanID: [8]byte{2}})
	m := kafka.Message{Value: []byte("{}")}
	kafkagohydra.Inject(ctx, &m)
	if err := w.WriteMessages(bg, m); err != nil {
		t.Fatal(err)
	}
	r := kafka.NewReader(kafka.ReaderConfig{Brokers: cluster.ListenAddrs(), Topic: "orders", MaxWait: 10 * time.Millisecond, Logger: debug, ErrorLogger: errs})
	defer r.Close()
	got, err := r.ReadMessage(bg)
	if err != nil {
		t.Fatal(err)
	}
	ids, _ := correlation.FromContext(kafkagohydra.Extract(context.Background(), got))
	if ids != (record.IDs{CorrelationID: "flow", CausationID: "click", MessageID: "orders/0/0", TraceID: [16]byte{1}, SpanID: [8]byte{2}}) {
		t.Errorf("%+v", ids)
	}
	rec.Await(patience, hydratest.Level(hydra.LevelDebug), hydratest.MessageContains("orders"))
}

func TestHeadersThatAMessageHasStay(t *testing.T) {
	ctx := correlation.With(context.Background(), record.IDs{CorrelationID: "flow", MessageID: "m1"})
	shared := make([]kafka.Header, 1, 8)
	shared[0] = kafka.Header{Key: "correlation_id", Value: []byte("own")}
	m := kafka.Message{Headers: shared}
	kafkagohydra.Inject(ctx, &m)
	if len(m.Headers) != 2 || string(m.Headers[0].Value) != "own" || m.Headers[1].Key != "causation_id" || shared[:2][1].Key != "" {
		t.Errorf("%v", m.Headers)
	}
	bare := kafka.Message{Topic: strings.Repeat("t", 200)}
	if kafkagohydra.Inject(context.Background(), &bare); bare.Headers != nil {
		t.Error("a context without ids made headers")
	}
	if ids, _ := correlation.FromContext(kafkagohydra.Extract(context.Background(), bare)); ids.MessageID != "" || !correlation.Valid(ids.CorrelationID) {
		t.Errorf("%+v", ids)
	}
}

func TestTheLevelIsTheOneThatWasAskedFor(t *testing.T) {
	log, rec := hydratest.New(t)
	kafkagohydra.NewLogger(log, hydra.LevelError).Printf("broken: %d\n", 1)
	kafkagohydra.NewLogger(nil, hydra.LevelError).Printf("nowhere")
	rec.Expect(hydratest.HasMessage("broken: 1"), hydratest.Level(hydra.LevelError))
}
