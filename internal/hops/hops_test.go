//go:build unix

// Package hops follows ids through services that talk over HTTP, Kafka, NATS, AMQP, Redis, MQTT, gRPC, and HTTP again.
//
//	client ─HTTP→ gateway ─Kafka→ orders ─NATS→ payments ─AMQP→ shipping ─Redis→ stock ─MQTT→ mail ─gRPC→ audit ─HTTP→ gateway
//
// Each service has a logger of its own and knows of the others only what comes with a message.
package hops

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// patience is how long a server or a message may take on a busy machine.
const patience = 90 * time.Second

// names are the services in the order in which a flow comes to them, and what brings it.
var hops = []struct{ service, by string }{
	{"gateway", "http"}, {"orders", "kafka"}, {"payments", "nats"}, {"shipping", "amqp"}, {"stock", "redis"}, {"mail", "mqtt"}, {"audit", "grpc"},
	{"gateway", "http"},
}

// flow is one request of the client and what it is to become.
type flow struct {
	order       string
	send        map[string]string // headers of the request
	id          string            // the correlation id that all of it has; "": the one that the answer names
	causation   string
	traceparent string
	tracestate  string
	rejected    string // what the gateway is to say of a bad id
}

func flows() []*flow {
	trace := func(n int) string { return fmt.Sprintf("00-%032x-%016x-0%d", n, n+100, n%2) }
	all := []*flow{
		{order: "a", id: "flow-a", causation: "cmd-7", traceparent: trace(1), tracestate: "vendor=a,other=b",
			send: map[string]string{"X-Correlation-ID": "flow-a", "X-Causation-ID": "cmd-7"}},
		{order: "b", id: "flow-b", traceparent: trace(2), send: map[string]string{"X-Request-ID": "flow-b"}},
		{order: "c", send: map[string]string{}},
		{order: "d", traceparent: trace(4), rejected: `"evil id\"`, send: map[string]string{"X-Correlation-ID": `evil id"`}},
	}
	for _, f := range all {
		if f.traceparent != "" {
			f.send["traceparent"] = f.traceparent
		}
		if f.tracestate != "" {
			f.send["tracestate"] = f.tracestate
		}
	}
	return all
}

func TestOneIDFollowsAFlowThroughEveryServiceAndBack(t *testing.T) {
	w := newWorld(t)
	all := flows()
	answers := make([]*http.Response, len(all))
	errs := make(chan error, len(all))
	for i, f := range all { // at once, so that their messages come in batches
		go func() {
			r, err := http.NewRequest(http.MethodPost, w.gateway.URL+"/orders/"+f.order, nil)
			if err == nil {
				for k, v := range f.send {
					r.Header.Set(k, v)
				}
				answers[i], err = w.client.Do(r)
			}
			if err == nil {
				err = answers[i].Body.Close()
			}
			errs <- err
		}()
	}
	for range all {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	w.close()
	for i, f := range all {
		if answers[i].StatusCode != http.StatusOK {
			t.Errorf("order %s: %s", f.order, answers[i].Status)
		}
		back := answers[i].Header.Get("X-Correlation-ID")
		if f.id == "" && regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}$`).MatchString(back) {
			f.id = back
		}
		if f.id == "" || back != f.id {
			t.Errorf("order %s: the answer says %q, want %q", f.order, back, f.id)
		}
		t.Run("order "+f.order, func(t *testing.T) { w.check(t, f) })
	}
	if w.biggestBatch() < 2 {
		t.Error("no batch of several messages was handled")
	}
}

// line is a record as it was written.
type line struct {
	Message     string `json:"message"`
	Order       string `json:"order"`
	By          string `json:"by"`
	Out         string `json:"out"`
	Correlation string `json:"correlation_id"`
	Causation   string `json:"causation_id"`
	MessageID   string `json:"message_id"`
	Trace       string `json:"trace_id"`
	Span        string `json:"span_id"`
	Flags       any    `json:"trace_flags"`
	Rejected    string `json:"correlation_rejected"`
	text        string
}

// check reads what the services have written of a flow.
func (w *world) check(t *testing.T, f *flow) {
	cause, message, visit := f.causation, "", 0
	for _, h := range hops {
		if h.service == "gateway" && visit > 0 {
			visit = 2
		} else {
			visit = 1
		}
		path, records, out := "/orders/"+f.order, 0, ""
		if visit == 2 {
			path = "/done/" + f.order
		}
		for _, l := range w.lines[h.service] {
			if l.Order != f.order && !strings.Contains(l.text, path) || h.service == "gateway" && l.Order != "" && (l.By == "back") != (visit == 2) {
				continue
			}
			records++
			if l.Out != "" {
				out = l.Out
			}
			if l.Correlation != f.id || l.Causation != cause || l.MessageID != message {
				t.Errorf("%s: correlation id %q, causation id %q, message id %q, want %q %q %q:\n%s", h.service, l.Correlation, l.Causation, l.MessageID, f.id, cause, message, l.text)
			}
			if trace := l.Trace + l.Span; f.traceparent != "" && trace != f.traceparent[3:35]+f.traceparent[36:52] || f.traceparent == "" && trace != "" {
				t.Errorf("%s: trace %q, want that of %q", h.service, trace, f.traceparent)
			}
			if f.rejected != "" && h.service == "gateway" && visit == 1 && !strings.Contains(l.Rejected, f.rejected) {
				t.Errorf("%s does not say that an id was refused: %s", h.service, l.text)
			}
		}
		if records < 2 {
			t.Errorf("%s has %d records", h.service, records)
		}
		for _, name := range []string{"traceparent", "tracestate"} {
			want := map[string]string{"traceparent": f.traceparent, "tracestate": f.tracestate}[name]
			if got := w.seen(h.service, f.order, name, visit); got != want {
				t.Errorf("%s got %s %q over %s, want %q", h.service, name, got, h.by, want)
			}
		}
		if message != "" {
			cause = message
		}
		message = out
	}
}

// service is one program: its logger, and the file that it writes.
type service struct {
	name string
	log  *hydra.Logger
	file string
}

func newService(t *testing.T, name string) *service {
	t.Helper()
	file := filepath.Join(t.TempDir(), name+".jsonl")
	log, err := hydra.Parse([]byte("name: "+name+"\nlayers: {default: {destinations: [{type: file, path: '"+file+"', format: json-lines}]}}"), nil...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return &service{name, log, file}
}

// got is what a service does first with a message: one context for each, from what came with it.
func (s *service) got(w *world, order, by string, in correlation.Carrier) context.Context {
	w.note(s.name, order, in)
	ctx := correlation.Extract(context.Background(), in)
	s.log.Info(ctx, "got", slog.String("order", order), slog.String("by", by))
	return ctx
}

// sends is what it does last: the ids of the context, and an id for the message that goes out.
func (s *service) sends(ctx context.Context, order, by string, out correlation.Carrier) (messageID string) {
	messageID = correlation.New()
	correlation.Inject(ctx, out)
	out.Set("message_id", messageID)
	s.log.Info(ctx, "sends", slog.String("order", order), slog.String("by", by), slog.String("out", messageID))
	return messageID
}

func (s *service) read(t *testing.T) (all []line) {
	t.Helper()
	f, err := os.Open(s.file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	in := bufio.NewScanner(f)
	for in.Scan() {
		var l line
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			t.Fatal(errors.Join(err, errors.New(in.Text())))
		}
		l.text = in.Text()
		all = append(all, l)
	}
	return all
}
