package httpdest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/dial"
	"github.com/hydra-logger/hydra/internal/httpfake"
)

func open(t *testing.T, o Options) *Driver {
	t.Helper()
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

func TestWhatAStatusMeans(t *testing.T) {
	for status, want := range map[int]destination.Kind{
		200: destination.Delivered, 201: destination.Delivered, 202: destination.Delivered, 204: destination.Delivered,
		301: destination.Retrying, 302: destination.Retrying, 304: destination.Retrying,
		400: destination.Rejected, 401: destination.Retrying, 403: destination.Retrying, 404: destination.Retrying, 405: destination.Retrying,
		407: destination.Retrying, 408: destination.Retrying, 409: destination.Retrying, 410: destination.Retrying, 413: destination.Rejected,
		415: destination.Retrying, 422: destination.Rejected, 425: destination.Retrying, 429: destination.Retrying, 431: destination.Retrying,
		500: destination.Retrying, 501: destination.Retrying, 502: destination.Retrying, 503: destination.Retrying, 504: destination.Retrying, 599: destination.Retrying,
	} {
		o := destination.OutcomeOf(Outcome(&Response{Status: status, Header: http.Header{"Retry-After": {"7"}}}))
		if o.Kind != want || want == destination.Retrying && o.After != 7*time.Second {
			t.Errorf("%d is %+v", status, o)
		}
	}
}

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	now := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "120": 2 * time.Minute, " 3 ": 3 * time.Second, "-5": 0, "soon": 0, "1.5": 0,
		"99999999999999999": 366 * 24 * time.Hour, "Tue, 02 Jan 2024 03:05:05 GMT": time.Minute, "Tue, 02 Jan 2024 03:00:00 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
}

func TestATargetThatCannotWorkIsRefusedAndNotRepeated(t *testing.T) {
	for what, o := range map[string]Options{
		"http://": {Target: Target{URL: "ftp://user:secret@h/"}},
		"parsed":  {Target: Target{URL: "http://user:secret@h:port/%zz"}},
		"no host": {Target: Target{URL: "http:///secret"}},
		"https":   {Target: Target{URL: "http://h", TLS: &dial.TLS{}}},
		"token":   {Target: Target{URL: "http://h", Token: "secret", TokenFile: "secret"}},
		"gzip":    {Target: Target{URL: "http://h", Compression: "lz4"}},
		"probe":   {Target: Target{URL: "http://h", ProbeMethod: "POST"}},
		"name":    {Target: Target{URL: "http://h", Header: map[string]string{"a b": "secret"}}},
		"control": {Target: Target{URL: "http://h", Header: map[string]string{"a": "secret\r\nb: c"}}},
		"client":  {Target: Target{URL: "http://h", Header: map[string]string{"content-length": "1"}}},
		"POST":    {Target: Target{URL: "http://h"}, Method: "GET"},
		"lines":   {Target: Target{URL: "http://h"}, Payload: "xml"},
		"encoder": {Target: Target{URL: "http://h"}, Payload: Lines, Encoder: lines{}},
		"no PEM":  {Target: Target{URL: "https://h", TLS: &dial.TLS{CA: "httpdest_test.go"}}},
		"both":    {Target: Target{URL: "https://h", TLS: &dial.TLS{Cert: "x"}}},
	} {
		_, err := New(o)
		if err == nil || !strings.Contains(err.Error(), what) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestARedirectTakesCredentialsNowhereElseAndNeverDropsTheBody(t *testing.T) {
	other := httpfake.Start(t, decodeLines)
	for _, c := range []struct {
		status int
		to     func(self string) string
		want   destination.Kind
	}{
		{307, func(string) string { return "/new" }, destination.Delivered},
		{308, func(self string) string { return self + "/new" }, destination.Delivered},
		{301, func(string) string { return "/new" }, destination.Retrying},
		{302, func(string) string { return "/new" }, destination.Retrying},
		{303, func(string) string { return "/new" }, destination.Retrying},
		{307, func(string) string { return other.URL }, destination.Retrying},
		{308, func(string) string { return other.URL }, destination.Retrying},
		{307, func(string) string { return "/in" }, destination.Retrying}, // round and round
	} {
		s := httpfake.Start(t, decodeLines)
		s.Answer(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			if r.URL.Path != "/in" {
				return false
			}
			w.Header().Set("Location", c.to(s.URL))
			w.WriteHeader(c.status)
			return true
		})
		d := open(t, Options{Target: Target{URL: s.URL + "/in", Token: "secret"}})
		err := d.Deliver(t.Context(), httpfake.Batch("a", "b"))
		if o := destination.OutcomeOf(err); o.Kind != c.want || (o.Kind == destination.Delivered) != (string(s.Received()) == "a\nb\n") {
			t.Errorf("%d to %s: %v, arrived %q", c.status, c.to(s.URL), err, s.Received())
		}
	}
	if n := other.Requests(); n != 0 {
		t.Errorf("another host was sent %d requests", n)
	}
}

func TestAnErrorShowsNeitherCredentialsNorRecords(t *testing.T) {
	const password, token, query, header = "p@ss/word", "token-value", "query-value", "header-value"
	o := Options{Target: Target{URL: "", Header: map[string]string{"X-Key": header, "X-Auth": "Scheme scheme-value"}}}
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request, body []byte) bool{
		"repeats the request": func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintln(w, r.URL, r.Header, "query-value", password)
			return true
		},
		"repeats the record": func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, "can't read %s", body)
			return true
		},
		"breaks off": func(http.ResponseWriter, *http.Request, []byte) bool { panic(http.ErrAbortHandler) },
		"redirects": func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			http.Redirect(w, r, "http://user:"+token+"@elsewhere/?k="+query, http.StatusTemporaryRedirect)
			return true
		},
	} {
		s := httpfake.Start(t, decodeLines)
		s.Config.ErrorLog = nil
		s.Answer(answer)
		o.URL = strings.Replace(s.URL, "http://", "http://user:p%40ss%2Fword@", 1) + "/path?key=" + query
		o.Token = token
		d := open(t, o)
		errs := []error{d.Deliver(t.Context(), httpfake.Batch(`{"card":"4111 1111 1111 1111"}`)), d.Probe(t.Context())}
		s.Close()
		errs = append(errs, d.Deliver(t.Context(), httpfake.Batch("x")), d.Probe(t.Context()), errors.New(d.Describe()))
		for _, err := range errs {
			if err == nil {
				continue
			}
			for _, secret := range []string{"p@ss", "p%40ss", token, query, header, "scheme-value", "4111", "dXNlcj"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%s: %q is in %q", name, secret, err)
				}
			}
		}
	}
}

func TestCredentialsAndKeysAreSent(t *testing.T) {
	s := httpfake.Start(t, decodeLines)
	d := open(t, Options{Target: Target{URL: strings.Replace(s.URL, "http://", "http://user:pass@", 1), Header: map[string]string{"x-api-key": "k"}}})
	b := httpfake.Batch("a")
	if err := errors.Join(d.Deliver(t.Context(), b), d.Deliver(t.Context(), b)); err != nil {
		t.Fatal(err)
	}
	h := s.Headers()
	r := &http.Request{Header: h[0]}
	if user, pass, _ := r.BasicAuth(); user != "user" || pass != "pass" || h[0].Get("X-Api-Key") != "k" {
		t.Errorf("%v", h[0])
	}
	if key := h[0].Get("Idempotency-Key"); key != `"`+destination.BatchKey(b)+`"` || h[1].Get("Idempotency-Key") != key {
		t.Errorf("the keys are %q and %q", key, h[1].Get("Idempotency-Key"))
	}
	if got := string(s.Received()); got != "a\n" {
		t.Errorf("a batch that came twice is there as %q", got)
	}
}

func TestATokenFileIsReadAgainWhenItChanges(t *testing.T) {
	s := httpfake.Start(t, decodeLines)
	path := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := open(t, Options{Target: Target{URL: s.URL, TokenFile: path}})
	if err := d.Deliver(t.Context(), httpfake.Batch("a")); err == nil || destination.OutcomeOf(err).Kind != destination.Retrying {
		t.Errorf("without the file: %v", err)
	}
	for i, text := range []string{"first-token\n", "the-second-token"} {
		write(text)
		if err := d.Deliver(t.Context(), httpfake.Batch(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		if got := s.Headers()[i].Get("Authorization"); got != "Bearer "+strings.TrimSpace(text) {
			t.Errorf("sent %q", got)
		}
	}
	write("two\nlines")
	if err := d.Deliver(t.Context(), httpfake.Batch("b")); err == nil || strings.Contains(err.Error(), "lines\n") {
		t.Errorf("%v", err)
	}
}

func TestASingleRecordIsARequestAndAPoisonedOneIsRejectedAlone(t *testing.T) {
	s := httpfake.Start(t, decodeLines)
	s.Answer(func(w http.ResponseWriter, _ *http.Request, body []byte) bool {
		if string(body) == "poison\n" {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return true
		}
		return false
	})
	d := open(t, Options{Target: Target{URL: s.URL}, Single: true})
	o := destination.OutcomeOf(d.Deliver(t.Context(), httpfake.Batch("a", "poison", "b")))
	if o.Kind != destination.Partly || len(o.Items) != 1 || o.Items[0].Index != 1 || destination.OutcomeOf(o.Items[0].Err).Kind != destination.Rejected {
		t.Errorf("%+v", o)
	}
	if s.Requests() != 3 || string(s.Received()) != "a\nb\n" {
		t.Errorf("%d requests, arrived %q", s.Requests(), s.Received())
	}
}

func TestAfterAPieceThatFailsTheRestIsNotSentAndComesAgain(t *testing.T) {
	s := httpfake.Start(t, decodeLines)
	s.Answer(func(w http.ResponseWriter, _ *http.Request, body []byte) bool {
		if string(body) == "b\n" {
			w.Header().Set("Retry-After", "9")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		return false
	})
	d := open(t, Options{Target: Target{URL: s.URL}, Single: true})
	o := destination.OutcomeOf(d.Deliver(t.Context(), httpfake.Batch("a", "b", "c")))
	if o.Kind != destination.Partly || len(o.Items) != 2 || o.Items[0].Index != 1 || o.Items[1].Index != 2 || destination.OutcomeOf(o.Items[1].Err).After != 9*time.Second {
		t.Errorf("%+v", o)
	}
	if s.Requests() != 2 {
		t.Errorf("%d requests", s.Requests())
	}
}

func TestARejectedPieceIsSearchedForTheRecordAtFault(t *testing.T) {
	s := httpfake.Start(t, decodeLines)
	s.Answer(func(w http.ResponseWriter, _ *http.Request, body []byte) bool {
		if strings.Contains(string(body), "poison") {
			w.WriteHeader(http.StatusBadRequest)
			return true
		}
		return false
	})
	d, err := NewDriver(Target{URL: s.URL}, Protocol{Encoder: LinesEncoder("text/plain"), MaxRecords: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close(t.Context())
	o := destination.OutcomeOf(d.Deliver(t.Context(), httpfake.Batch("a", "b", "c", "poison", "d", "poison", "e", "f", "g")))
	if o.Kind != destination.Partly || len(o.Items) != 2 || o.Items[0].Index != 3 || o.Items[1].Index != 5 || string(s.Received()) != "a\nb\nc\nd\ne\nf\ng\n" {
		t.Errorf("%+v, arrived %q", o, s.Received())
	}
}

type failing struct{ panics bool }

func (failing) ContentType() string { return "text/plain" }

func (f failing) AppendBody(dst []byte, b *destination.Batch) ([]byte, error) {
	if f.panics {
		panic("secret of a record")
	}
	return nil, errors.New("can't")
}

func TestARecordThatAnEncoderCannotTakeIsRejected(t *testing.T) {
	for _, panics := range []bool{false, true} {
		d := open(t, Options{Target: Target{URL: "http://127.0.0.1:1"}, Encoder: failing{panics}})
		err := d.Deliver(t.Context(), httpfake.Batch("a"))
		if destination.OutcomeOf(err).Kind != destination.Rejected || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
	}
}

func TestAnAnswerWithoutEndIsNotReadForEver(t *testing.T) {
	s := httpfake.Start(t, decodeLines)
	s.Answer(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		for range 3 * mostAnswer / (1 << 20) {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				break
			}
		}
		return true
	})
	d := open(t, Options{Target: Target{URL: s.URL}})
	if err := d.Deliver(t.Context(), httpfake.Batch("a")); err != nil {
		t.Error(err)
	}
}

func TestALargeRequestAsksFirst(t *testing.T) {
	s := httpfake.Start(t, decodeLines)
	d := open(t, Options{Target: Target{URL: s.URL}})
	if err := d.Deliver(t.Context(), httpfake.Batch(strings.Repeat("x", askFirst))); err != nil || s.Headers()[0].Get("Expect") != "100-continue" {
		t.Errorf("%v %v", err, s.Headers())
	}
}

func TestTLSIsVerifiedUnlessToldOtherwiseAndThenThereIsAWarning(t *testing.T) {
	var got atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got.Add(1) }))
	s.Config.ErrorLog = discardLog()
	s.StartTLS()
	defer s.Close()
	d := open(t, Options{Target: Target{URL: s.URL}})
	if err := d.Deliver(t.Context(), httpfake.Batch("a")); err == nil || got.Load() != 0 || destination.OutcomeOf(err).Kind != destination.Retrying {
		t.Errorf("a certificate of an unknown authority: %v", err)
	}
	if d.Warnings() != nil {
		t.Error(d.Warnings())
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pemOf(s), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tls := range []*dial.TLS{{CA: ca, ServerName: "example.com"}, {SkipVerify: true}} {
		d := open(t, Options{Target: Target{URL: s.URL, TLS: tls}})
		if err := d.Deliver(t.Context(), httpfake.Batch("a")); err != nil {
			t.Errorf("%+v: %v", tls, err)
		}
		if loud := len(d.Warnings()) == 1; loud != tls.SkipVerify {
			t.Errorf("%+v: %v", tls, d.Warnings())
		}
	}
	d = open(t, Options{Target: Target{URL: s.URL, TLS: &dial.TLS{CA: ca, ServerName: "other.test"}}})
	if err := d.Deliver(t.Context(), httpfake.Batch("a")); err == nil {
		t.Error("the certificate of another server is taken")
	}
}

func TestAHostThatHasNoAddressIsRetried(t *testing.T) {
	d := open(t, Options{Target: Target{URL: "http://no-such-host.invalid/"}})
	err := d.Deliver(t.Context(), httpfake.Batch("a"))
	if dns := (*net.DNSError)(nil); err == nil || destination.OutcomeOf(err).Kind != destination.Retrying || !errors.As(err, &dns) {
		t.Errorf("%v", err)
	}
}

// silentTransport never answers.
type silentTransport struct{}

func (silentTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestADeliveryEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := New(Options{Target: Target{URL: "http://h", Transport: silentTransport{}}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		began := time.Now()
		err = d.Deliver(ctx, httpfake.Batch("a"))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 30*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
