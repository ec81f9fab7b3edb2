package wsdest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/destinationtest"
	"github.com/hydra-logger/hydra/destination/dial"
)

// The target leaves out records that it has already.
func TestDriverKeepsTheRules(t *testing.T) {
	for _, ack := range []Ack{AckPing, AckCount} {
		t.Run(string(ack), func(t *testing.T) {
			destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
				s := newServer(t, ack)
				d, err := New(Options{URL: "ws://user:s3cretpass@" + s.address + "/logs?token=q7uery", Ack: ack,
					Header: http.Header{"X-Key": {"h3ader-key"}}})
				must(t, err)
				return destinationtest.Harness{
					Driver:   d,
					Received: s.bytes,
					Block:    func() func() { s.block(true); return func() { s.block(false) } },
					Break:    func() func() { s.records(); s.stop(); return s.start },
					Secrets:  []string{"s3cretpass", "q7uery", "h3ader-key"},
				}
			})
		})
	}
}

func TestABadSettingIsRefusedByNew(t *testing.T) {
	for _, o := range []Options{
		{}, {URL: "http://host/"}, {URL: "ws://"}, {URL: "ws://h\x00st"}, {URL: "ws://host", Ack: "maybe"},
		{URL: "ws://host", TLS: &dial.TLS{}}, {URL: "ws://u:p@host", Token: "t"}, {URL: "wss://host", TLS: &dial.TLS{CA: "/nowhere"}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

func TestCredentialsAndSubprotocolsGoWithTheHandshake(t *testing.T) {
	s := newServer(t, AckPing)
	d := newDriver(t, Options{URL: s.url(), Token: "t0ken", Subprotocols: []string{"logs.v1"}, Header: http.Header{"X-Tenant": {"a"}}})
	must(t, d.Deliver(t.Context(), batchOf(0, "")))
	if s.header.Get("Authorization") != "Bearer t0ken" || s.header.Get("X-Tenant") != "a" {
		t.Errorf("the handshake had %v", s.header)
	}
	d = newDriver(t, Options{URL: s.url(), Subprotocols: []string{"other"}})
	if err := d.Deliver(t.Context(), batchOf(0, "")); err == nil || !strings.Contains(err.Error(), "subprotocol") {
		t.Errorf("%v", err)
	}
}

func TestARefusedHandshakeIsRetriedWhenTheServerSays(t *testing.T) {
	s := newServer(t, AckPing)
	s.status = http.StatusServiceUnavailable
	d := newDriver(t, Options{URL: s.url()})
	err := d.Deliver(t.Context(), batchOf(0, ""))
	if o := destination.OutcomeOf(err); o.Kind != destination.Retrying || o.After != 7*time.Second || !strings.Contains(err.Error(), "503") {
		t.Errorf("%v: %+v", err, o)
	}
}

func TestCloseCodesSayWhatBecomesOfTheBatch(t *testing.T) {
	for code, want := range map[websocket.StatusCode]destination.Kind{
		websocket.StatusMessageTooBig:           destination.Rejected,
		websocket.StatusInvalidFramePayloadData: destination.Rejected,
		websocket.StatusUnsupportedData:         destination.Rejected,
		websocket.StatusGoingAway:               destination.Retrying,
		websocket.StatusPolicyViolation:         destination.Retrying,
		websocket.StatusTryAgainLater:           destination.Retrying,
	} {
		s := newServer(t, AckPing)
		s.closeAt = func(string) websocket.StatusCode { return code }
		d := newDriver(t, Options{URL: s.url()})
		err := d.Deliver(t.Context(), batchOf(0, "", "", ""))
		if got := destination.OutcomeOf(err).Kind; got != want {
			t.Errorf("%v: %v, want %v (%v)", code, got, want, err)
		}
	}
}

func TestWhatWasAcknowledgedDoesNotComeAgain(t *testing.T) {
	for _, ack := range []Ack{AckCount, AckID} {
		s := newServer(t, ack)
		s.closeAt = func(rec string) websocket.StatusCode {
			if strings.Contains(rec, `"n":3`) {
				time.Sleep(50 * time.Millisecond) // the acks before it arrive
				return websocket.StatusServiceRestart
			}
			return 0
		}
		d := newDriver(t, Options{URL: s.url(), Ack: ack})
		err := d.Deliver(t.Context(), batchOf(0, "", "", "", "", ""))
		o := destination.OutcomeOf(err)
		if o.Kind != destination.Partly || len(o.Items) != 2 || o.Items[0].Index != 3 || o.Items[1].Index != 4 {
			t.Fatalf("%s: %v: %+v", ack, err, o)
		}
		s.closeAt = nil
		must(t, d.Deliver(t.Context(), batchOf(3, "", "")))
		if got := s.records(); len(got) != 5 || s.again != 0 {
			t.Errorf("%s: %d records, %d again", ack, len(got), s.again)
		}
	}
}

func TestARecordThatTheServerRejectsIsRejectedAlone(t *testing.T) {
	s := newServer(t, AckCount)
	s.answer = func(n int, rec string) string {
		switch {
		case n == 2:
			return `{"reject": 2, "error": "bad s3cretpass"}`
		case n == 4:
			return `{"ack": 4}`
		}
		return ""
	}
	d := newDriver(t, Options{URL: s.url(), Ack: AckCount, Header: http.Header{"X-Key": {"s3cretpass"}}})
	err := d.Deliver(t.Context(), batchOf(0, "", "", "", ""))
	o := destination.OutcomeOf(err)
	if o.Kind != destination.Partly || len(o.Items) != 1 || o.Items[0].Index != 1 ||
		destination.OutcomeOf(o.Items[0].Err).Kind != destination.Rejected || strings.Contains(err.Error(), "s3cretpass") {
		t.Errorf("%v: %+v", err, o)
	}
	must(t, d.Deliver(t.Context(), batchOf(4))) // nothing
}

func TestARecordIsRejectedOnceHoweverOftenTheServerSaysSo(t *testing.T) {
	s := newServer(t, AckCount)
	s.answer = func(n int, rec string) string {
		switch n {
		case 2, 3:
			return `{"reject": 2}`
		case 4:
			return `{"ack": 4}`
		}
		return ""
	}
	d := newDriver(t, Options{URL: s.url(), Ack: AckCount})
	o := destination.OutcomeOf(d.Deliver(t.Context(), batchOf(0, "", "", "", "")))
	if o.Kind != destination.Partly || len(o.Items) != 1 || o.Items[0].Index != 1 {
		t.Errorf("%+v", o)
	}
}

func TestWhatAServerSaysBetweenBatchesIsNotKept(t *testing.T) {
	s := newServer(t, AckCount)
	d := newDriver(t, Options{URL: s.url(), Ack: AckCount})
	must(t, d.Deliver(t.Context(), batchOf(0, "")))
	for range 10 {
		must(t, d.link.conn.Write(t.Context(), websocket.MessageText, []byte("{}"))) // it is acknowledged
	}
	must(t, d.link.ping(t.Context())) // its answer comes behind those
	if n := len(d.link.answers()); n > 0 {
		t.Errorf("%d answers are kept", n)
	}
}

func TestARecordThatIsTooLargeIsRejectedAlone(t *testing.T) {
	s := newServer(t, AckPing)
	d := newDriver(t, Options{URL: s.url(), MaxMessage: 100})
	err := d.Deliver(t.Context(), batchOf(0, "a", strings.Repeat("x", 101), "b"))
	o := destination.OutcomeOf(err)
	if o.Kind != destination.Partly || len(o.Items) != 1 || o.Items[0].Index != 1 || len(s.records()) != 2 {
		t.Errorf("%v: %+v", err, o)
	}
}

func TestASilentServerIsGivenUpAfterTheTimeout(t *testing.T) {
	for _, ack := range []Ack{AckPing, AckCount} {
		s := newServer(t, ack)
		d := newDriver(t, Options{URL: s.url(), Ack: ack, Timeout: 100 * time.Millisecond})
		must(t, d.Probe(t.Context()))
		s.block(true)
		s.answer = func(int, string) string { return "" }
		must(t, errIfNil(d.Deliver(t.Context(), batchOf(0, "", "")), errSilent))
	}
}

func errIfNil(err, want error) error {
	if errors.Is(err, want) {
		return nil
	}
	return errors.Join(errors.New("another error"), err)
}

func TestADeadIdleConnectionIsNoticedByItself(t *testing.T) {
	s := newServer(t, AckPing)
	d := newDriver(t, Options{URL: s.url(), Timeout: 50 * time.Millisecond, PingInterval: 10 * time.Millisecond})
	must(t, d.Deliver(t.Context(), batchOf(0, "")))
	s.block(true) // the server reads one more message and then no ping
	_ = d.link.conn.Write(t.Context(), websocket.MessageText, []byte("{}"))
	select {
	case <-d.link.over:
	case <-time.After(5 * time.Second):
		t.Error("nobody noticed")
	}
	s.block(false)
	must(t, d.Deliver(context.Background(), batchOf(1, "")))
}

func TestRecordsWithoutIDAreAcknowledgedByAPong(t *testing.T) {
	s := newServer(t, AckID)
	s.answer = func(int, string) string { return "" }
	d := newDriver(t, Options{URL: s.url(), Ack: AckID})
	b := batchOf(0, "notice")
	b.Items[0].Journal = [16]byte{}
	must(t, d.Deliver(t.Context(), b))
}

func FuzzAnswersAreReadOrIgnored(f *testing.F) {
	for _, s := range []string{`{"ack":1}`, `{"ack":"id"}`, `{"reject":7,"error":"x"}`, `{"ack":-1}`, `{"ack":null}`, `[]`, `{"reject":"a","error":"` + strings.Repeat("é", 300) + `"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, ok := parseAnswer(data)
		if ok == (a == answer{}) && ok || ok && (a.count == 0) == (a.id == "") || len(a.why) > mostWhy {
			t.Errorf("%q: %+v, %v", data, a, ok)
		}
	})
}
