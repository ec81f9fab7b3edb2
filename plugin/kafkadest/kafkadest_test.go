package kafkadest_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/destinationtest"
	"github.com/hydra-logger/hydra/plugin/kafkadest"
	"github.com/hydra-logger/hydra/record"
)

const patience = 20 * time.Second

func cluster(t *testing.T, o ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(1, "logs")}, o...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// consume reads the topic from its beginning until each returns false, or all that was there is read.
func consume(t *testing.T, c *kfake.Cluster, o ...kgo.Opt) []*kgo.Record {
	t.Helper()
	client, err := kgo.NewClient(append(o, kgo.SeedBrokers(c.ListenAddrs()...), kgo.ConsumeTopics("logs"),
		kgo.FetchMaxWait(50*time.Millisecond), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	end := c.PartitionInfo("logs", 0).HighWatermark
	var all []*kgo.Record
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for int64(len(all)) < end {
		f := client.PollFetches(ctx)
		if err := f.Err(); err != nil {
			t.Fatalf("%d of %d: %v", len(all), end, err)
		}
		all = append(all, f.Records()...)
	}
	return all
}

func open(t *testing.T, o kafkadest.Options) *kafkadest.Driver {
	t.Helper()
	d, err := kafkadest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

func TestDriverKeepsTheRules(t *testing.T) {
	destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
		g := newGate()
		c := cluster(t, kfake.ListenFn(g.listen), kfake.BrokerConfigs(map[string]string{"message.max.bytes": "8000000"}),
			kfake.EnableSASL(), kfake.Superuser("PLAIN", "logger", "s3cret"))
		d, err := kafkadest.New(kafkadest.Options{Brokers: c.ListenAddrs(), User: "logger", Password: "s3cret", MaxBytes: 8000000})
		if err != nil {
			t.Fatal(err)
		}
		return destinationtest.Harness{Driver: d, Block: g.block, Break: g.breakDown, Secrets: []string{"s3cret"},
			Received: func() []byte {
				var all bytes.Buffer
				for _, r := range consume(t, c, kgo.SASL(plain.Auth{User: "logger", Pass: "s3cret"}.AsMechanism())) {
					fmt.Fprintf(&all, "%s\n", r.Value)
				}
				return all.Bytes()
			}}
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

func TestARecordsIdsTravelWithItAndTheFlowIsTheKey(t *testing.T) {
	c := cluster(t)
	d := open(t, kafkadest.Options{Brokers: c.ListenAddrs()})
	b := batch(1, 1, &record.IDs{CorrelationID: "order-1", CausationID: "cmd-7", TraceID: [16]byte{1}, SpanID: [8]byte{2}, TraceFlags: 1})
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	all := consume(t, c)
	if len(all) != 1 || string(all[0].Key) != "order-1" || string(all[0].Value) != `{"n":1}` {
		t.Fatalf("%+v", all)
	}
	var got []string
	for _, h := range all[0].Headers {
		got = append(got, h.Key+"="+string(h.Value))
	}
	if want := "record_id=" + destination.IdempotencyKey(&b.Items[0]) + " correlation_id=order-1 causation_id=cmd-7" +
		" traceparent=00-01000000000000000000000000000000-0200000000000000-01"; strings.Join(got, " ") != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestARecordThatIsTooLargeForTheTopicIsRejectedAlone(t *testing.T) {
	c := cluster(t, kfake.BrokerConfigs(map[string]string{"message.max.bytes": "2000"}))
	d := open(t, kafkadest.Options{Brokers: c.ListenAddrs(), Compression: "none"})
	b := batch(1, 3, nil)
	b.Items[1].Start = len(b.Data)
	b.Data = append(b.Data, strings.Repeat("x", 5000)...)
	b.Items[1].End = len(b.Data)
	o := destination.OutcomeOf(d.Deliver(context.Background(), b))
	if o.Kind != destination.Partly || len(o.Items) != 1 || o.Items[0].Index != 1 || destination.OutcomeOf(o.Items[0].Err).Kind != destination.Rejected {
		t.Errorf("%+v", o)
	}
	if n := len(consume(t, c)); n != 2 {
		t.Errorf("%d messages", n)
	}
}

func TestAWrongPasswordIsRetriedAndNotShown(t *testing.T) {
	c := cluster(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "logger", "s3cret"))
	d := open(t, kafkadest.Options{Brokers: c.ListenAddrs(), User: "logger", Password: "wr0ng", SASL: "scram-sha-256"})
	err := d.Deliver(context.Background(), batch(1, 1, nil))
	if destination.OutcomeOf(err).Kind != destination.Retrying || strings.Contains(err.Error(), "wr0ng") {
		t.Error(err)
	}
	d = open(t, kafkadest.Options{Brokers: c.ListenAddrs(), User: "logger", Password: "s3cret", SASL: "scram-sha-256"})
	if err := d.Deliver(context.Background(), batch(1, 1, nil)); err != nil {
		t.Error(err)
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	one := []string{"h:9092"}
	for want, o := range map[string]kafkadest.Options{
		"brokers is missing": {},
		"host:port":          {Brokers: []string{"u:s3cret@h"}},
		"topic":              {Brokers: one, Topic: "a b"},
		"sasl needs":         {Brokers: one, SASL: "plain"},
		"sasl:":              {Brokers: one, SASL: "magic", User: "u"},
		"max_bytes":          {Brokers: one, MaxBytes: 1},
		"compression":        {Brokers: one, Compression: "rar"},
	} {
		if _, err := kafkadest.New(o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", want, err)
		}
	}
}
