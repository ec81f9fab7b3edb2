package cloudeventshydra_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/client"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/plugin/cloudeventshydra"
	"github.com/hydra-logger/hydra/record"
)

const patience = 20 * time.Second

// receive runs a real receiver over HTTP and returns its address.
func receive(t *testing.T, log *hydra.Logger, fn any) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, log, cehttp.WithListener(l), cehttp.WithShutdownTimeout(patience))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.StartReceiver(ctx, fn) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

func newClient(t *testing.T, log *hydra.Logger, opts ...cehttp.Option) client.Client {
	t.Helper()
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	p, err := cehttp.New(append(opts, cehttp.WithRoundTripper(tr))...)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(p, client.WithObservabilityService(cloudeventshydra.New(log)), client.WithEventDefaulter(cloudeventshydra.Defaulter))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func order(id string) event.Event {
	e := event.New()
	e.SetID(id)
	e.SetSource("shop")
	e.SetType("order.placed")
	e.SetSubject("A-17")
	return e
}

func TestIDsGoWithAnEventAndItsAnswer(t *testing.T) {
	log, rec := hydratest.New(t)
	url := receive(t, log.Layer("events"), func(ctx context.Context, _ event.Event) (*event.Event, error) {
		hydra.FromContext(ctx).Info(ctx, "paying")
		answer := order("answer")
		answer.SetType("order.paid")
		return &answer, nil
	})
	ctx := correlation.With(context.Background(), record.IDs{CorrelationID: "flow", MessageID: "click", TraceID: [16]byte{1}, SpanID: [8]byte{2}})
	sent := order("e1")
	answer, result := newClient(t, log, cehttp.WithTarget(url)).Request(ctx, sent)
	if answer == nil {
		t.Fatal(result)
	}
	if len(sent.Extensions()) != 0 {
		t.Error("the program's event was changed")
	}
	if x := answer.Extensions(); x["correlationid"] != "flow" || x["causationid"] != "e1" || x["traceparent"] == nil {
		t.Errorf("answer: %v", x)
	}
	for _, m := range []string{"paying", "event handled"} {
		r := rec.Await(patience, hydratest.HasMessage(m), hydratest.HasCorrelationID("flow"), hydratest.Layer("events"), hydratest.HasAttr(cloudeventshydra.TypeKey, "order.placed"),
			hydratest.HasAttr(cloudeventshydra.SourceKey, "shop"), hydratest.HasAttr(cloudeventshydra.SubjectKey, "A-17"))
		if r.IDs.MessageID != "e1" || r.IDs.CausationID != "click" || r.IDs.TraceID != [16]byte{1} {
			t.Errorf("%s: %+v", m, r.IDs)
		}
	}
	rec.Expect(hydratest.HasMessage("event requested"), hydratest.Level(hydra.LevelDebug), hydratest.HasAttr(cloudeventshydra.IDKey, "e1"), hydratest.HasKey("duration"), hydratest.HasCorrelationID("flow"))
}

func TestAStructuredEventHasItsIDsToo(t *testing.T) {
	log, rec := hydratest.New(t)
	url := receive(t, log, func(context.Context, event.Event) {})
	body := `{"specversion":"1.0","id":"e1","source":"shop","type":"t","correlationid":"flow","causationid":"click"}`
	resp, err := http.Post(url, "application/cloudevents+json", bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if ids := rec.Await(patience, hydratest.HasMessage("event handled"), hydratest.HasCorrelationID("flow")).IDs; ids.CausationID != "click" || ids.MessageID != "e1" {
		t.Errorf("%+v", ids)
	}
}

func TestFailuresAreErrorsOnBothSides(t *testing.T) {
	log, rec := hydratest.New(t)
	url := receive(t, log, func(context.Context, event.Event) error { return errors.New("no funds") })
	if result := newClient(t, log, cehttp.WithTarget(url)).Send(context.Background(), order("e1")); result == nil {
		t.Fatal("it was taken")
	}
	rec.Await(patience, hydratest.HasMessage("event failed"), hydratest.Level(hydra.LevelError), hydratest.HasAttr(hydra.ErrorKey, "no funds"))
	rec.Await(patience, hydratest.HasMessage("event not sent"), hydratest.Level(hydra.LevelError), hydratest.HasAttr(cloudeventshydra.IDKey, "e1"), hydratest.HasKey(hydra.ErrorKey))
}

func TestAMalformedEventIsAnError(t *testing.T) {
	log, rec := hydratest.New(t)
	url := receive(t, log, func(context.Context, event.Event) {})
	resp, err := http.Post(url, "application/cloudevents+json", bytes.NewBufferString(`{"specversion":"1.0"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	rec.Await(patience, hydratest.HasMessage("event is malformed"), hydratest.Level(hydra.LevelError), hydratest.HasKey(hydra.ErrorKey))
}

func TestAttributesThatAnEventHasStay(t *testing.T) {
	e := order("e2")
	e.SetExtension("correlationid", "own")
	ctx := correlation.With(context.Background(), record.IDs{CorrelationID: "flow", MessageID: "e1"})
	if x := cloudeventshydra.Defaulter(ctx, e).Extensions(); x["correlationid"] != "own" || x["causationid"] != "e1" {
		t.Errorf("%v", x)
	}
	if x := cloudeventshydra.Defaulter(context.Background(), order("e3")).Extensions(); len(x) != 0 {
		t.Errorf("without ids: %v", x)
	}
	_, done := cloudeventshydra.New(nil).RecordCallingInvoker(context.Background(), nil)
	done(nil)
}
