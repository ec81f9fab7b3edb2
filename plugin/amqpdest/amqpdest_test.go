//go:build unix

package amqpdest_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/destinationtest"
	"github.com/hydra-logger/hydra/plugin/amqpdest"
	"github.com/hydra-logger/hydra/record"
)

func open(t *testing.T, o amqpdest.Options) *amqpdest.Driver {
	t.Helper()
	d, err := amqpdest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

func keepsTheRules(t *testing.T, s *server) {
	ch := s.channel(t)
	var number atomic.Int64
	destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
		name := fmt.Sprint("rules", number.Add(1))
		queue(t, ch, name, nil)
		p := destinationtest.NewProxy(t, s.address())
		d, err := amqpdest.New(amqpdest.Options{URL: "amqp://logger:s3cret@" + p.Address(), RoutingKey: name})
		if err != nil {
			t.Fatal(err)
		}
		return destinationtest.Harness{
			Driver: d, Block: p.Block, Break: p.Break, Secrets: []string{"s3cret"},
			Received: func() []byte { // as a receiver that knows the ids: what was under way when a connection was cut comes twice
				var all bytes.Buffer
				seen := map[string]bool{}
				messages(t, ch, name, func(m *amqp.Delivery) {
					if !seen[m.MessageId] {
						fmt.Fprintf(&all, "%s\n", m.Body)
					}
					seen[m.MessageId] = true
				})
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
		begin := len(b.Data)
		b.Data = fmt.Appendf(b.Data, `{"n":%d}`+"\n", i)
		b.Items = append(b.Items, destination.Item{Start: begin, End: len(b.Data), Raw: raw, Journal: [16]byte{7}, Position: uint64(i)})
	}
	return b
}

// enlarge gives a record of a batch another text of n bytes.
func enlarge(b *destination.Batch, i, n int) {
	b.Items[i].Start = len(b.Data)
	b.Data = append(b.Data, strings.Repeat("x", n)...)
	b.Items[i].End = len(b.Data)
}

func bodies(t *testing.T, ch *amqp.Channel, name string) (all []string) {
	t.Helper()
	messages(t, ch, name, func(m *amqp.Delivery) { all = append(all, string(m.Body)) })
	return all
}

// TestRabbitMQ uses one server for all, which takes some seconds to start.
func TestRabbitMQ(t *testing.T) {
	s := start(t)
	url := "amqp://logger:s3cret@" + s.address() + "/"
	t.Run("the driver keeps the rules", func(t *testing.T) { keepsTheRules(t, s) })
	t.Run("a record's ids and its layer travel with it", func(t *testing.T) { idsTravel(t, s, url) })
	t.Run("what no queue takes is retried until one does", func(t *testing.T) { unroutable(t, s, url) })
	t.Run("a full queue is retried, record by record", func(t *testing.T) { fullQueue(t, s, url) })
	t.Run("records that are too large for the broker are rejected, and no others", func(t *testing.T) { tooLarge(t, s, url) })
	t.Run("an exchange that is not there is retried, and Probe says so", func(t *testing.T) { noExchange(t, s, url) })
	t.Run("a wrong password is retried and not shown", func(t *testing.T) { wrongPassword(t, s) })
	t.Run("TLS is spoken with who has the certificate of the authority, and with nobody else", func(t *testing.T) { secured(t, s) })
	t.Run("a broker that blocks publishers is named when the time is over", func(t *testing.T) { blocked(t, s, url) })
	t.Run("a broker that is killed and comes back loses nothing, and doubles at most what was under way", func(t *testing.T) { restarts(t, s, url) })
}

func idsTravel(t *testing.T, s *server, url string) {
	ch := s.channel(t)
	queue(t, ch, "logs.pay.warning", nil)
	d := open(t, amqpdest.Options{URL: url + "%2F", RoutingKey: "logs.{layer}.{level}"})
	b := batch(1, 1, &record.IDs{CorrelationID: "order-1", CausationID: "cmd-7", MessageID: "m", TraceID: [16]byte{1}, SpanID: [8]byte{2}, TraceFlags: 1})
	b.Items = append(b.Items, b.Items[0])
	b.Items[1].Journal = [16]byte{} // a notice that is not the journal's has no id of its own
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	n := 0
	messages(t, ch, "logs.pay.warning", func(m *amqp.Delivery) {
		want := "map[causation_id:cmd-7 correlation_id:order-1 message_id:m traceparent:00-01000000000000000000000000000000-0200000000000000-01]"
		if n++; string(m.Body) != `{"n":1}` || (m.MessageId == destination.IdempotencyKey(&b.Items[0])) != (n == 1) || m.CorrelationId != "order-1" ||
			m.DeliveryMode != amqp.Persistent || fmt.Sprint(m.Headers) != want {
			t.Errorf("%+v", m)
		}
	})
	if n != 2 {
		t.Errorf("%d messages", n)
	}
}

func unroutable(t *testing.T, s *server, url string) {
	ch := s.channel(t)
	d := open(t, amqpdest.Options{URL: url, RoutingKey: "later", MaxPending: 100})
	b := batch(1, 1050, nil)
	err := d.Deliver(context.Background(), b)
	if destination.OutcomeOf(err).Kind != destination.Retrying || !strings.Contains(err.Error(), "no queue takes it") {
		t.Fatal(err)
	}
	easy := open(t, amqpdest.Options{URL: url, RoutingKey: "later", DiscardUnroutable: true})
	if err := easy.Deliver(context.Background(), batch(1, 10, nil)); err != nil {
		t.Error(err)
	}
	queue(t, ch, "later", nil)
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	all := bodies(t, ch, "later")
	if len(all) != 1050 || all[0] != `{"n":1}` || all[1049] != `{"n":1050}` {
		t.Errorf("%d messages", len(all))
	}
}

func fullQueue(t *testing.T, s *server, url string) {
	ch := s.channel(t)
	queue(t, ch, "small", amqp.Table{"x-max-length": 3, "x-overflow": "reject-publish"})
	d := open(t, amqpdest.Options{URL: url, RoutingKey: "small"})
	for n := range 10 { // the queue may take a few more than its length before it notices
		o := destination.OutcomeOf(d.Deliver(context.Background(), batch(10*n, 10, nil)))
		if o.Kind == destination.Delivered {
			continue
		}
		if o.Kind == destination.Partly && destination.OutcomeOf(o.Items[0].Err).Kind != destination.Retrying || o.Kind == destination.Rejected {
			t.Errorf("%+v", o)
		}
		return
	}
	t.Error("the queue is never full")
}

func tooLarge(t *testing.T, s *server, url string) {
	ch := s.channel(t)
	queue(t, ch, "large", nil)
	d := open(t, amqpdest.Options{URL: url, RoutingKey: "large"})
	b := batch(0, 9, nil)
	enlarge(b, 2, largest-1)
	enlarge(b, 3, largest+2)
	enlarge(b, 7, largest+1)
	o := destination.OutcomeOf(d.Deliver(context.Background(), b))
	if o.Kind != destination.Partly || len(o.Items) != 2 || o.Items[0].Index != 3 || o.Items[1].Index != 7 ||
		destination.OutcomeOf(o.Items[0].Err).Kind != destination.Rejected || destination.OutcomeOf(o.Items[1].Err).Kind != destination.Rejected {
		t.Fatalf("%+v", o)
	}
	got := map[int]bool{}
	for _, body := range bodies(t, ch, "large") {
		n := largest - 1
		if len(body) < 100 {
			_, _ = fmt.Sscanf(body, `{"n":%d}`, &n)
		}
		got[n] = true
	}
	if len(got) != 7 || !got[largest-1] || !got[8] || got[3] || got[7] {
		t.Errorf("%v", got)
	}
}

func noExchange(t *testing.T, s *server, url string) {
	ch := s.channel(t)
	queue(t, ch, "exchanged", nil)
	d := open(t, amqpdest.Options{URL: url, Exchange: "logs", RoutingKey: "{layer}"})
	for _, err := range []error{d.Deliver(context.Background(), batch(1, 3, nil)), d.Probe(context.Background())} {
		if destination.OutcomeOf(err).Kind != destination.Retrying || !strings.Contains(err.Error(), "NOT_FOUND") {
			t.Error(err)
		}
	}
	if err := ch.ExchangeDeclare("logs", "topic", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	if err := ch.QueueBind("exchanged", "pay", "logs", false, nil); err != nil {
		t.Fatal(err)
	}
	if err := d.Probe(context.Background()); err != nil {
		t.Error(err)
	}
	if err := d.Deliver(context.Background(), batch(1, 3, nil)); err != nil {
		t.Error(err)
	}
	if all := bodies(t, ch, "exchanged"); len(all) != 3 {
		t.Error(all)
	}
}

func wrongPassword(t *testing.T, s *server) {
	d := open(t, amqpdest.Options{URL: "amqp://" + s.address(), User: "logger", Password: "wr0ng"})
	err := d.Deliver(context.Background(), batch(1, 1, nil)) // the broker takes its time for this answer
	if destination.OutcomeOf(err).Kind != destination.Retrying || strings.Contains(err.Error()+d.Describe(), "wr0ng") {
		t.Error(err)
	}
}

func secured(t *testing.T, s *server) {
	ch := s.channel(t)
	queue(t, ch, "secured", nil)
	trusted := amqpdest.Options{URL: "amqps://localhost:" + s.tls, User: "logger", Password: "s3cret", RoutingKey: "secured"}
	strange := trusted
	trusted.TLS = tlsOf(s.ca())
	if err := open(t, trusted).Deliver(context.Background(), batch(1, 100, nil)); err != nil {
		t.Error(err)
	}
	if err := open(t, strange).Deliver(context.Background(), batch(1, 1, nil)); destination.OutcomeOf(err).Kind != destination.Retrying ||
		!strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
	if all := bodies(t, ch, "secured"); len(all) != 100 {
		t.Errorf("%d messages", len(all))
	}
}

func blocked(t *testing.T, s *server, url string) {
	ch := s.channel(t)
	queue(t, ch, "blocked", nil)
	watermark := func(fraction string) {
		if out, err := s.command(bin+"rabbitmqctl", "set_vm_memory_high_watermark", fraction).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	d := open(t, amqpdest.Options{URL: url, RoutingKey: "blocked"})
	if err := d.Probe(context.Background()); err != nil {
		t.Fatal(err)
	}
	watermark("0.000001")
	var err error
	for late := time.Now().Add(patience); ; {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		err = d.Deliver(ctx, batch(1, 1, nil))
		cancel()
		if err != nil || time.Now().After(late) {
			break
		}
	}
	watermark("0.9")
	if destination.OutcomeOf(err).Kind != destination.Retrying || !strings.Contains(err.Error(), "blocks publishers") {
		t.Error(err)
	}
	if err := d.Deliver(context.Background(), batch(1, 1, nil)); err != nil {
		t.Error(err)
	}
}
