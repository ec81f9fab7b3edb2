package mqttdest_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/destinationtest"
	"github.com/hydra-logger/hydra/destination/dial"
	"github.com/hydra-logger/hydra/plugin/mqttdest"
	"github.com/hydra-logger/hydra/record"
)

func open(t *testing.T, o mqttdest.Options) *mqttdest.Driver {
	t.Helper()
	d, err := mqttdest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

func TestDriverKeepsTheRules(t *testing.T) {
	destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
		b := start(t, newStore(), "127.0.0.1:0", nil)
		p := destinationtest.NewProxy(t, b.address)
		d, err := mqttdest.New(mqttdest.Options{URL: "mqtt://logger:s3cret@" + p.Address()})
		if err != nil {
			t.Fatal(err)
		}
		return destinationtest.Harness{Driver: d, Received: b.store.once, Block: p.Block, Break: p.Break, Refuse: b.store.poison,
			Secrets: []string{"s3cret"}}
	})
}

// batch makes n records from first on.
func batch(first, n int, ids *record.IDs) *destination.Batch {
	b := &destination.Batch{Attempt: 1}
	for i := first; i < first+n; i++ {
		var e record.Encoder
		raw := bytes.Clone(e.Encode(&record.Header{Time: 1, Level: slog.LevelWarn, Layer: "pay/card", Message: "paid", IDs: ids}, nil, nil))
		start := len(b.Data)
		b.Data = fmt.Appendf(b.Data, `{"n":%d}`+"\n", i)
		b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data), Raw: raw, Journal: [16]byte{7}, Position: uint64(i)})
	}
	return b
}

func TestARecordsIdsAndItsLayerTravelWithIt(t *testing.T) {
	s := start(t, newStore(), "127.0.0.1:0", nil)
	d := open(t, mqttdest.Options{URL: "mqtt://" + s.address, User: "logger", Password: "s3cret"})
	b := batch(1, 1, &record.IDs{CorrelationID: "order-1\r\nX: \xff", CausationID: "cmd-7", MessageID: "m", TraceID: [16]byte{1}, SpanID: [8]byte{2}, TraceFlags: 1})
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	all := s.store.messages()
	if len(all) != 1 {
		t.Fatal(all)
	}
	want := "[{record_id " + destination.IdempotencyKey(&b.Items[0]) + "} {correlation_id order-1__X: _} {causation_id cmd-7} {message_id m}" +
		" {traceparent 00-01000000000000000000000000000000-0200000000000000-01}]"
	if m := all[0]; m.TopicName != "logs/pay_card/warning" || string(m.Payload) != `{"n":1}` || m.FixedHeader.Qos != 1 || fmt.Sprint(m.Properties.User) != want {
		t.Errorf("%s %s %v, want %s", m.TopicName, m.Payload, m.Properties.User, want)
	}
}

// enlarge gives a record of a batch another text of n bytes.
func enlarge(b *destination.Batch, i, n int) {
	b.Items[i].Start = len(b.Data)
	b.Data = append(b.Data, strings.Repeat("x", n)...)
	b.Items[i].End = len(b.Data)
}

func limits(receive uint16, packet uint32) func(*mqtt.Capabilities) {
	return func(c *mqtt.Capabilities) { c.ReceiveMaximum, c.MaximumPacketSize = receive, packet }
}

func TestABrokersLimitsAreKept(t *testing.T) {
	s := start(t, &store{limit: 2000}, "127.0.0.1:0", nil, limits(3, 2000))
	d := open(t, mqttdest.Options{URL: "mqtt://logger:s3cret@" + s.address})
	b := batch(0, 100, nil)
	enlarge(b, 7, 2000)
	enlarge(b, 9, 1800)
	o := destination.OutcomeOf(d.Deliver(context.Background(), b))
	if o.Kind != destination.Partly || len(o.Items) != 1 || o.Items[0].Index != 7 || destination.OutcomeOf(o.Items[0].Err).Kind != destination.Rejected {
		t.Errorf("%+v", o)
	}
	if n := len(s.store.messages()); n != 99 {
		t.Errorf("%d messages", n)
	}
}

// The server counts a packet without the bytes that say how long it is.
func TestTheSizeOfAPacketIsKnownToTheByte(t *testing.T) {
	for _, limit := range []int{100, 140, 16_400, 16_500} {
		s := start(t, newStore(), "127.0.0.1:0", nil, limits(10, uint32(limit)))
		d, longest := open(t, mqttdest.Options{URL: "mqtt://logger:s3cret@" + s.address, Topic: "t"}), 0
		for n := limit - 20; n < limit; n++ {
			b := batch(n, 1, &record.IDs{})
			b.Items[0].Journal = [16]byte{}
			enlarge(b, 0, n)
			if d.Deliver(context.Background(), b) != nil {
				break
			}
			longest = n
		}
		length := 1 // bytes of the length
		for n := limit - 1; n > 127; n >>= 7 {
			length++
		}
		exact := open(t, mqttdest.Options{URL: "mqtt://logger:s3cret@" + s.address, Topic: "t", MaxPacketSize: limit + length})
		b := batch(1, 2, &record.IDs{})
		b.Items[0].Journal, b.Items[1].Journal = [16]byte{}, [16]byte{}
		enlarge(b, 0, longest)
		enlarge(b, 1, longest+1)
		o := destination.OutcomeOf(exact.Deliver(context.Background(), b))
		if o.Kind != destination.Partly || len(o.Items) != 1 || o.Items[0].Index != 1 || destination.OutcomeOf(o.Items[0].Err).Kind != destination.Rejected {
			t.Errorf("with a limit of %d, %d bytes are taken, and then %+v", limit, longest, o)
		}
	}
}

func TestARecordForWhichTheBrokerEndsTheConnectionIsRejectedAlone(t *testing.T) {
	s := start(t, newStore(), "127.0.0.1:0", nil)
	s.store.set("xxxxx", packets.ErrPacketTooLarge)
	d := open(t, mqttdest.Options{URL: "mqtt://logger:s3cret@" + s.address})
	b := batch(0, 50, nil)
	enlarge(b, 7, 1000)
	enlarge(b, 30, 2000)
	o := destination.OutcomeOf(d.Deliver(context.Background(), b))
	if o.Kind != destination.Partly || len(o.Items) != 2 || o.Items[0].Index != 7 || o.Items[1].Index != 30 ||
		destination.OutcomeOf(o.Items[0].Err).Kind != destination.Rejected || destination.OutcomeOf(o.Items[1].Err).Kind != destination.Rejected {
		t.Errorf("%+v", o)
	}
	if n := bytes.Count(s.store.once(), []byte("\n")); n != 48 {
		t.Errorf("%d messages", n)
	}
}

func TestWhatTheBrokerSaysOfARecordDecidesWhatBecomesOfIt(t *testing.T) {
	s := start(t, newStore(), "127.0.0.1:0", nil)
	s.store.set(`{"n":2}`, packets.ErrQuotaExceeded)
	s.store.set(`{"n":4}`, packets.ErrPayloadFormatInvalid)
	s.store.set(`{"n":5}`, packets.CodeNoMatchingSubscribers)
	d := open(t, mqttdest.Options{URL: "mqtt://logger:s3cret@" + s.address})
	o := destination.OutcomeOf(d.Deliver(context.Background(), batch(0, 7, nil)))
	if o.Kind != destination.Partly || len(o.Items) != 2 || o.Items[0].Index != 2 || o.Items[1].Index != 4 ||
		destination.OutcomeOf(o.Items[0].Err).Kind != destination.Retrying || destination.OutcomeOf(o.Items[1].Err).Kind != destination.Rejected ||
		!strings.Contains(o.Items[0].Err.Error(), "quota exceeded (0x97)") {
		t.Errorf("%+v", o)
	}
	s.store.allow = func(string) bool { return false }
	err := d.Deliver(context.Background(), batch(10, 3, nil))
	if destination.OutcomeOf(err).Kind != destination.Retrying || !strings.Contains(err.Error(), "not authorized (0x87)") {
		t.Error(err)
	}
}

func TestAWrongPasswordIsRetriedAndNotShown(t *testing.T) {
	s := start(t, newStore(), "127.0.0.1:0", nil)
	d := open(t, mqttdest.Options{URL: "mqtt://logger:wr0ng@" + s.address})
	for _, err := range []error{d.Deliver(context.Background(), batch(1, 1, nil)), d.Probe(context.Background())} {
		if destination.OutcomeOf(err).Kind != destination.Retrying || strings.Contains(err.Error()+d.Describe(), "wr0ng") ||
			!strings.Contains(err.Error(), "bad user name or password") {
			t.Error(err)
		}
	}
}

func TestAnotherClientWithTheSameNameIsSaidToBeTheReason(t *testing.T) {
	s := start(t, newStore(), "127.0.0.1:0", nil)
	o := mqttdest.Options{URL: "mqtt://logger:s3cret@" + s.address, ClientID: "one"}
	d, other := open(t, o), open(t, o)
	if err := d.Deliver(context.Background(), batch(1, 1, nil)); err != nil {
		t.Fatal(err)
	}
	if err := other.Probe(context.Background()); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(patience); ; { // the first delivery after it may find that the connection is over already
		if err := d.Deliver(context.Background(), batch(1, 1, nil)); err == nil || strings.Contains(err.Error(), "session taken over") {
			break
		} else if destination.OutcomeOf(err).Kind != destination.Retrying || time.Now().After(late) {
			t.Fatal(err)
		}
	}
}

func TestABrokerWithoutQoS1IsRefused(t *testing.T) {
	s := start(t, newStore(), "127.0.0.1:0", nil, func(c *mqtt.Capabilities) { c.MaximumQos = 0 })
	d := open(t, mqttdest.Options{URL: "mqtt://logger:s3cret@" + s.address})
	err := d.Deliver(context.Background(), batch(1, 1, nil))
	if destination.OutcomeOf(err).Kind != destination.Retrying || !strings.Contains(err.Error(), "QoS 0 only") {
		t.Error(err)
	}
}

func TestTLSIsSpokenWithWhoHasTheCertificateAndWithNobodyElse(t *testing.T) {
	secure, ca := certificate(t)
	s := start(t, newStore(), "127.0.0.1:0", secure)
	o := mqttdest.Options{URL: "mqtts://logger:s3cret@localhost:" + port(s.address)}
	err := open(t, o).Deliver(context.Background(), batch(1, 1, nil))
	if destination.OutcomeOf(err).Kind != destination.Retrying || !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
	o.TLS = &dial.TLS{CA: ca}
	if err := open(t, o).Deliver(context.Background(), batch(1, 3000, nil)); err != nil {
		t.Error(err)
	}
	if n := len(s.store.messages()); n != 3000 {
		t.Errorf("%d messages", n)
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for want, o := range map[string]mqttdest.Options{
		"address of a broker": {},
		"scheme":              {URL: "http://u:s3cret@h"},
		"follow the port":     {URL: "mqtt://u:s3cret@h/topic"},
		"placeholders":        {URL: "mqtt://h", Topic: "{x}"},
		"wildcards":           {URL: "mqtt://h", Topic: "logs/#"},
		"max_pending":         {URL: "mqtt://h", MaxPending: 70_000},
		"max_packet_size":     {URL: "mqtt://h", MaxPacketSize: -1},
		"client_id":           {URL: "mqtt://h", ClientID: "a\x00"},
		"65535 bytes each":    {URL: "mqtt://h", User: strings.Repeat("u", 70_000)},
		"authorities":         {URL: "mqtts://h", TLS: &dial.TLS{CA: "/nowhere"}},
	} {
		if _, err := mqttdest.New(o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", want, err)
		}
	}
}

func TestAConfigurationThatMakesNoSenseIsRefused(t *testing.T) {
	for want, d := range map[string]config.ResolvedDestination{
		"url is missing": {},
		"auth_token":     {Network: config.Network{URL: "mqtt://h", AuthToken: "s3cret"}},
		"credentials":    {Network: config.Network{URL: "mqtt://h", Credentials: map[string]string{"key": "s3cret"}}},
		"topik":          {Options: map[string]any{"topik": "logs"}, Network: config.Network{URL: "mqtt://h"}},
	} {
		if _, err := mqttdest.Factory(context.Background(), d); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", want, err)
		}
	}
}

func ExampleNew() {
	d, err := mqttdest.New(mqttdest.Options{URL: "mqtts://logger:s3cret@mqtt.example", Topic: "logs/{layer}"})
	fmt.Println(d.Describe(), err)
	// Output: mqtts://mqtt.example:8883 logs/{layer} <nil>
}
