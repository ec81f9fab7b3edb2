//go:build unix

package hops

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/hydra-logger/hydra/correlation"
)

// kafkaHeaders carries ids in the headers of a record.
func kafkaHeaders(r *kgo.Record) correlation.Carrier {
	return correlation.Pairs(iter.Seq2[string, []byte](func(yield func(string, []byte) bool) {
		for _, h := range r.Headers {
			if !yield(h.Key, h.Value) {
				return
			}
		}
	}), func(name string, value []byte) {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: name, Value: value})
	})
}

func (w *world) kafka(next send) send {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"))
	if err != nil {
		w.t.Fatal(err)
	}
	producer, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		w.t.Fatal(err)
	}
	consumer, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("orders"), kgo.FetchMaxWait(50*time.Millisecond),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.consume(ctx, consumer, next)
	}()
	w.onClose(func() {
		cancel()
		<-ended
		consumer.Close()
		producer.Close()
		cluster.Close()
	})
	return func(ctx context.Context, order string) {
		r := &kgo.Record{Topic: "orders", Key: []byte(order)}
		w.services["gateway"].sends(ctx, order, "kafka", kafkaHeaders(r))
		w.must(producer.ProduceSync(ctx, r).FirstErr())
	}
}

// consume takes a batch in hand at once, and then handles its messages, each with its own context.
func (w *world) consume(ctx context.Context, c *kgo.Client, next send) {
	for handled := 0; handled < len(flows()); {
		var batch []*kgo.Record
		for len(batch) == 0 || handled == 0 && len(batch) < 2 { // so that a batch has several
			f := c.PollFetches(ctx)
			if ctx.Err() != nil {
				return
			}
			w.must(f.Err())
			batch = append(batch, f.Records()...)
		}
		handled += len(batch)
		w.noteBatch(len(batch))
		contexts := make([]context.Context, len(batch))
		for i, r := range batch {
			contexts[i] = w.services["orders"].got(w, string(r.Key), "kafka", kafkaHeaders(r))
		}
		for i, r := range batch {
			next(contexts[i], string(r.Key))
		}
	}
}

func (w *world) nats(next send) send {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoLog: true, NoSigs: true})
	if err != nil {
		w.t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		w.t.Fatal("the NATS server does not start")
	}
	closed := make(chan struct{})
	c, err := nats.Connect(s.ClientURL(), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = c.Subscribe("orders", func(m *nats.Msg) {
		order := string(m.Data)
		next(w.services["payments"].got(w, order, "nats", correlation.NATSHeader(m.Header)), order)
	})
	if err := errors.Join(err, c.Flush()); err != nil {
		w.t.Fatal(err)
	}
	w.onClose(func() {
		w.must(c.Drain())
		<-closed
		s.Shutdown()
		s.WaitForShutdown()
	})
	return func(ctx context.Context, order string) {
		m := &nats.Msg{Subject: "orders", Header: nats.Header{}, Data: []byte(order)}
		w.services["orders"].sends(ctx, order, "nats", correlation.NATSHeader(m.Header))
		w.must(c.PublishMsg(m))
	}
}

func (w *world) amqp(next send) send {
	address := rabbit(w.t)
	c, err := amqp091.Dial("amqp://guest:guest@" + address + "/")
	if err != nil {
		w.t.Fatal(err)
	}
	publish, err1 := c.Channel()
	consume, err2 := c.Channel()
	if err := errors.Join(err1, err2); err != nil {
		w.t.Fatal(err)
	}
	_, err = consume.QueueDeclare("orders", true, false, false, false, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	all, err := consume.Consume("orders", "", true, false, false, false, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for m := range all {
			order := string(m.Body)
			in := correlation.WithProperties(correlation.Table(m.Headers), m.CorrelationId, m.MessageId)
			next(w.services["shipping"].got(w, order, "amqp", in), order)
		}
	}()
	w.onClose(func() {
		w.must(c.Close())
		<-ended
	})
	return func(ctx context.Context, order string) {
		headers := amqp091.Table{}
		id := w.services["payments"].sends(ctx, order, "amqp", correlation.Table(headers))
		delete(headers, "message_id") // a property says it, and the correlation id too
		delete(headers, "correlation_id")
		w.must(publish.PublishWithContext(ctx, "", "orders", false, false, amqp091.Publishing{Headers: headers, MessageId: id,
			CorrelationId: correlation.ID(ctx), DeliveryMode: amqp091.Persistent, Body: []byte(order)}))
	}
}

func (w *world) redis(next send) send {
	c := redis.NewClient(&redis.Options{Addr: redisServer(w.t), Protocol: 2, DisableIdentity: true})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for last := "0"; ctx.Err() == nil; {
			streams, err := c.XRead(ctx, &redis.XReadArgs{Streams: []string{"orders", last}, Block: 100 * time.Millisecond}).Result()
			if err != nil && !errors.Is(err, redis.Nil) && ctx.Err() == nil {
				w.t.Error(err)
				return
			}
			for _, s := range streams {
				for _, m := range s.Messages {
					last = m.ID
					order, _ := m.Values["order"].(string)
					next(w.services["stock"].got(w, order, "redis", correlation.Table(m.Values)), order)
				}
			}
		}
	}()
	w.onClose(func() {
		cancel()
		<-ended
		w.must(c.Close())
	})
	return func(ctx context.Context, order string) {
		entry := map[string]any{"order": order}
		w.services["shipping"].sends(ctx, order, "redis", correlation.Table(entry))
		w.must(c.XAdd(ctx, &redis.XAddArgs{Stream: "orders", Values: entry}).Err())
	}
}
