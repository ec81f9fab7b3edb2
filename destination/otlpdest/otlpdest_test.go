package otlpdest

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/internal/httpfake"
	"github.com/hydra-logger/hydra/record"
)

// decode is a fake; internal/tests has the receiver of the OpenTelemetry collector. It makes the kit's records from what is
// left of them: the number is in the time, the text in the body.
func decode(_ http.ResponseWriter, r *http.Request, body []byte) ([][]byte, error) {
	if r.URL.Path != "/v1/logs" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		return nil, fmt.Errorf("%s %v", r.URL, r.Header)
	}
	var records [][]byte
	ok := true
	inner := func(number int, data []byte, visit func(data []byte)) {
		ok = fields(data, func(field int, _ uint64, data []byte) {
			if field == number {
				visit(data)
			}
		}) && ok
	}
	inner(requestResourceLogs, body, func(data []byte) {
		inner(resourceLogsScope, data, func(data []byte) {
			inner(scopeLogsRecords, data, func(data []byte) {
				var at uint64
				ok = fields(data, func(field int, n uint64, _ []byte) {
					if field == logTime {
						at = n
					}
				}) && ok
				inner(logBody, data, func(data []byte) {
					text, is := message(data, anyString)
					ok = ok && (is || len(data) == 2)
					if _, cut, was := strings.Cut(text, "!CUT: "); was { // by the kit's own encoder: a record has a limit
						var gone, whole int
						_, _ = fmt.Sscanf(cut, "%d of %d bytes", &gone, &whole)
						text = strings.Repeat("x", whole)
					}
					records = append(records, fmt.Appendf(nil, `{"n":%d,"text":%q}`+"\n", int64(at)-1700000000e9, text))
				})
			})
		})
	})
	if !ok {
		return nil, fmt.Errorf("the message is damaged")
	}
	return records, nil
}

func open(t *testing.T, url string) *httpdest.Driver {
	d, err := New(Options{Target: httpdest.Target{URL: url, Token: "secret-token"}, Service: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDriverKeepsTheRules(t *testing.T) {
	httpfake.Conformance(t, httpfake.Kit{Decode: decode, Secrets: []string{"secret-token"},
		Open: func(t *testing.T, url string) destination.Driver { return open(t, url) }})
}

func itemOf(h record.Header, attrs ...slog.Attr) destination.Item {
	var e record.Encoder
	raw := append([]byte{}, e.Encode(&h, nil, attrs)...)
	return destination.Item{Raw: raw, Time: h.Time, Level: h.Level, Journal: [16]byte{7}, Position: 1}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	partial := func(rejected uint64, text string) string {
		b, at := openMessage(nil, responsePartial)
		return string(closeAt(appendText(appendVarint(b, partialRejected, rejected), partialMessage, text), at))
	}
	status := string(appendText(appendVarint(nil, 1, 3), statusMessage, "a reason in words"))
	for _, c := range []struct {
		status int
		body   string
		want   destination.Kind
		text   string
	}{
		{200, "", destination.Delivered, ""},
		{204, "", destination.Delivered, ""},
		{200, partial(0, "a warning"), destination.Delivered, ""},
		{200, "{}", destination.Delivered, ""},
		{200, partial(1, "too old"), destination.Partly, "too old"},
		{400, status, destination.Rejected, "a reason in words"},
		{413, "", destination.Rejected, ""},
		{429, "", destination.Retrying, ""},
		{502, "", destination.Retrying, ""},
		{503, status, destination.Retrying, "a reason in words"},
		{504, "", destination.Retrying, ""},
		{500, "", destination.Retrying, ""},
		{401, "", destination.Retrying, "credentials"},
		{404, "", destination.Retrying, "path"},
	} {
		s := httpfake.Start(t, decode)
		s.Answer(func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
			return true
		})
		d := open(t, s.URL)
		b := &destination.Batch{Items: []destination.Item{itemOf(record.Header{Time: 1}), itemOf(record.Header{Time: 2})}}
		err := d.Deliver(t.Context(), b)
		o := destination.OutcomeOf(err)
		if o.Kind != c.want || err != nil && !strings.Contains(err.Error(), c.text) {
			t.Errorf("%d, %q: %v, %v", c.status, c.body, o.Kind, err)
		}
		if o.Kind == destination.Partly && len(o.Items) != 2 {
			t.Errorf("%d of 2 records become dead letters", len(o.Items))
		}
		_ = d.Close(t.Context())
	}
}

func TestSeverityIsThatOfTheDataModel(t *testing.T) {
	for level, want := range map[slog.Level]int{-8: 1, -4: 5, 0: 9, 4: 13, 8: 17, 12: 21, 100: 24, -100: 1} {
		if got := severity(level); got != want {
			t.Errorf("%d is %d, want %d", level, got, want)
		}
	}
}

func TestOfAttributesWithOneKeyTheLastIsSent(t *testing.T) {
	it := itemOf(record.Header{Time: 1}, slog.Int("k", 1), slog.Group("k", slog.Int("x", 2)), slog.String("k", "last"), slog.Int("other", 3))
	body, err := encoder{now: time.Now}.AppendBody(nil, &destination.Batch{Items: []destination.Item{it}})
	if err != nil || strings.Count(string(body), "\x01k") != 1 || !strings.Contains(string(body), "last") || !strings.Contains(string(body), "other") {
		t.Errorf("%v %q", err, body)
	}
}

func TestTextThatIsNotUTF8IsReplaced(t *testing.T) {
	it := itemOf(record.Header{Time: 1, Message: "a\xffb"}, slog.String("k\xfe", "v\xfd"))
	body, err := encoder{now: time.Now}.AppendBody(nil, &destination.Batch{Items: []destination.Item{it}})
	if err != nil || !strings.Contains(string(body), "a\uFFFDb") || !strings.Contains(string(body), "v\uFFFD") || !strings.Contains(string(body), "k\uFFFD") {
		t.Errorf("%v %q", err, body)
	}
}

// FuzzFields: an answer may be any bytes.
func FuzzFields(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte{0x0a, 2, 8, 1})
	f.Add([]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		parsePartial(b)
		message(b, statusMessage)
	})
}

// FuzzEncoder: whatever a record holds, the request is well-formed.
func FuzzEncoder(f *testing.F) {
	it := itemOf(record.Header{Time: 1, Message: "m", Layer: "l", IDs: &record.IDs{CorrelationID: "c", TraceID: [16]byte{1}}, Source: &record.Source{File: "f", Line: 3}},
		slog.Group("g", slog.Int("i", 1)), slog.Any("list", []int{1, 2}), slog.Float64("f", 1.5), slog.Time("t", time.Unix(0, 0)), slog.Any("e", fmt.Errorf("x: %w", http.ErrNoCookie)))
	f.Add(it.Raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		it := destination.Item{Raw: raw, Journal: [16]byte{1}, Recovered: true}
		body, err := encoder{now: time.Now}.AppendBody(nil, &destination.Batch{Items: []destination.Item{it, it}})
		if err != nil {
			return
		}
		if records, err := decode(nil, fakeRequest(), body); err != nil || len(records) != 2 {
			t.Errorf("%d records, %v", len(records), err)
		}
	})
}

func fakeRequest() *http.Request {
	r, _ := http.NewRequest(http.MethodPost, "http://h/v1/logs", nil)
	r.Header.Set("Content-Type", "application/x-protobuf")
	return r
}
