package correlation_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/record"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

type header struct{ key, value string }

func list(h *[]header) correlation.Carrier {
	return correlation.Pairs(func(yield func(string, []byte) bool) {
		for _, x := range *h {
			if !yield(x.key, []byte(x.value)) {
				return
			}
		}
	}, func(name string, value []byte) { *h = append(*h, header{name, string(value)}) })
}

func properties(m map[string]string) correlation.Carrier {
	return correlation.Pairs(maps.All(m), func(k, v string) { m[k] = v })
}

func TestEveryCarrierBringsIDsToTheOtherSideUnderItsOwnNames(t *testing.T) {
	for name, x := range map[string]struct {
		c    correlation.Carrier
		key  string
		want string
	}{
		"http":       {correlation.HTTPHeader{}, "X-Correlation-Id", "X-Causation-Id"},
		"grpc":       {correlation.Metadata{}, "x-correlation-id", "x-causation-id"},
		"kafka":      {list(&[]header{}), "correlation_id", "causation_id"},
		"mqtt":       {properties(map[string]string{}), "correlation_id", "causation_id"},
		"nats":       {correlation.NATSHeader{}, "correlation_id", "causation_id"},
		"amqp":       {correlation.Table{}, "correlation_id", "causation_id"},
		"watermill":  {correlation.Map{}, "correlation_id", "causation_id"},
		"cloudevent": {correlation.CloudEvent{}, "correlationid", "causationid"},
	} {
		t.Run(name, func(t *testing.T) {
			in := correlation.Extract(nil, correlation.Map{"correlation_id": "flow-1", "message_id": "m-1", "causation_id": "m-0", //nolint:staticcheck // nil is allowed
				"traceparent": parent, "tracestate": "a=b"})
			correlation.Inject(in, x.c)
			if got := strings.Join(x.c.Keys(), " "); !strings.Contains(got, x.key) || !strings.Contains(got, x.want) {
				t.Errorf("written as %s", got)
			}
			ctx := correlation.Extract(context.Background(), x.c)
			ids, _ := correlation.FromContext(ctx)
			if ids.CorrelationID != "flow-1" || ids.CausationID != "m-1" || correlation.Traceparent(&ids) != parent || correlation.Tracestate(ctx) != "a=b" {
				t.Errorf("%+v %q", ids, correlation.Tracestate(ctx))
			}
			if correlation.Minted(ctx) {
				t.Error("an id that came is said to be new")
			}
		})
	}
}

func TestTheFirstNameOfTheReadOrderWins(t *testing.T) {
	h := http.Header{}
	steps := []struct{ name, value, want string }{
		{"traceparent", parent, "4bf92f3577b34da6a3ce929d0e0e4736"},
		{"baggage", "x=1, correlation_id=bag%2D1;p=1", "bag-1"},
	}
	names := correlation.ReadNames()
	for i := len(names) - 1; i >= 0; i-- {
		steps = append(steps, struct{ name, value, want string }{names[i], fmt.Sprint("id-", i), fmt.Sprint("id-", i)})
	}
	for _, s := range steps {
		h.Set(s.name, s.value)
		if got := correlation.ID(correlation.Extract(context.Background(), correlation.HTTPHeader(h))); got != s.want {
			t.Errorf("with %s: %q, want %q", s.name, got, s.want)
		}
	}
}

func TestABadIDIsReplacedAndReportedAndNeverForwarded(t *testing.T) {
	for _, bad := range []string{"a\nlevel=error", "a b", "é", strings.Repeat("x", 129), "\x1b[31m"} {
		ctx := correlation.Extract(context.Background(), correlation.Map{"correlation_id": bad, "causation_id": bad, "message_id": bad})
		ids, _ := correlation.FromContext(ctx)
		if !uuid7.MatchString(ids.CorrelationID) || ids.CausationID != "" || ids.MessageID != "" || !correlation.Minted(ctx) {
			t.Errorf("%q: %+v", bad, ids)
		}
		_, _, attrs := correlation.LookupAll(ctx)
		if !strings.Contains(string(attrs), correlation.RejectedKey) || strings.ContainsAny(string(attrs), "\x1b\n") && strings.Contains(string(attrs), bad) {
			t.Errorf("%q: reported as %q", bad, attrs)
		}
		out := correlation.Map{}
		correlation.Inject(correlation.With(ctx, record.IDs{CorrelationID: bad}), out)
		if len(out) != 0 {
			t.Errorf("forwarded: %v", out)
		}
	}
}

func TestATraceContextThatIsThereIsLeftAlone(t *testing.T) {
	ctx := correlation.Extract(context.Background(), correlation.Map{"traceparent": parent})
	own := strings.Replace(parent, "00f067aa0ba902b7", "1111111111111111", 1)
	out := correlation.Map{"traceparent": own}
	correlation.Inject(ctx, out)
	if out["traceparent"] != own {
		t.Error(out)
	}
}

func TestCausedNamesTheMessageAsTheCause(t *testing.T) {
	ctx := correlation.Extract(context.Background(), correlation.Map{"correlation_id": "f", "message_id": "m1", "causation_id": "m0"})
	ids, _ := correlation.FromContext(correlation.Caused(ctx, "m2"))
	if ids.CorrelationID != "f" || ids.CausationID != "m2" || ids.MessageID != "" {
		t.Errorf("%+v", ids)
	}
}

func TestTraceparentIsReadAsTheStandardAsks(t *testing.T) {
	for s, ok := range map[string]bool{
		parent: true, "01" + parent[2:] + "-more": true, "01" + parent[2:]: true,
		parent + "-more": false, "ff" + parent[2:]: false, strings.ToUpper(parent): false, "": false, parent[:54]: false,
		"01" + parent[2:] + "x": false, "00-" + strings.Repeat("0", 32) + parent[35:]: false, parent[:36] + strings.Repeat("0", 16) + "-01": false,
	} {
		if _, _, _, err := correlation.ParseTraceparent(s); (err == nil) != ok {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestAttributesOfAContextAreKeptWhenIDsChange(t *testing.T) {
	base := correlation.WithAttrs(nil) //nolint:staticcheck // nil is allowed
	if ids, _, attrs := correlation.LookupAll(base); attrs != nil || ids != nil && *ids != (record.IDs{}) {
		t.Errorf("%v %q", ids, attrs)
	}
	ctx := correlation.Ensure(correlation.WithAttrs(base), "x")
	if correlation.ID(ctx) != "x" {
		t.Error("no id")
	}
}

func FuzzTraceparent(f *testing.F) {
	f.Add(parent)
	f.Add("cc" + parent[2:] + "-x")
	f.Fuzz(func(t *testing.T, s string) {
		trace, span, flags, err := correlation.ParseTraceparent(s)
		if err != nil {
			return
		}
		again := correlation.Traceparent(&record.IDs{TraceID: trace, SpanID: span, TraceFlags: flags})
		if again[2:] != s[2:55] {
			t.Errorf("%q became %q", s, again)
		}
	})
}

func FuzzCarriers(f *testing.F) {
	f.Add("X-Correlation-ID", "a b", "baggage", "correlation_id=%2")
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2 string) {
		headers := []header{{k1, v1}, {k2, v2}}
		for _, c := range []correlation.Carrier{correlation.Map{k1: v1, k2: v2}, correlation.Table{k1: v1, k2: []byte(v2)},
			correlation.NATSHeader{k1: {v1}, k2: nil}, correlation.Metadata{k1: {v1, v2}}, correlation.HTTPHeader{k1: {v1}}, list(&headers)} {
			ids, _ := correlation.FromContext(correlation.Extract(context.Background(), c))
			for _, id := range []string{ids.CorrelationID, ids.CausationID, ids.MessageID} {
				if id != "" && !correlation.Valid(id) {
					t.Errorf("accepted %q", id)
				}
			}
			if ids.CorrelationID == "" {
				t.Error("no correlation id")
			}
		}
	})
}

func ExampleExtract() {
	in := correlation.Map{"correlation_id": "order-42", "message_id": "m-7"} // of a message that came
	ctx := correlation.Extract(context.Background(), in)

	out := correlation.Map{} // of a message that is sent while it is handled
	correlation.Inject(ctx, out)
	fmt.Println(out)
	// Output: map[causation_id:m-7 correlation_id:order-42]
}
