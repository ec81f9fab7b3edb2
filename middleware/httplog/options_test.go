package httplog_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/middleware/httplog"
)

func TestHeadersThatCarryCredentialsAreRefused(t *testing.T) {
	for name, denied := range map[string]bool{
		"Authorization": true, "cookie": true, "Set-Cookie": true, "X-Api-Key": true, "X-Refresh-Token": true, "x_access_token": true, "DPoP": true,
		"X-Amz-Security-Token": true, "X-Hub-Signature": true, "Ocp-Apim-Subscription-Key": true, "X-Goog-Iap-Jwt-Assertion": true, "X-Session-Id": true,
		"Sec-WebSocket-Protocol": true, "Proxy-Authenticate": true, "X-Client-Secret": true,
		"Accept": false, "Idempotency-Key": false, "X-RateLimit-Remaining-Tokens": false, "X-Request-Id": false, "User-Agent": false, "X-Author": false, "Etag": false,
	} {
		if httplog.CarriesCredentials(name) != denied {
			t.Errorf("%s: denied %v, want %v", name, !denied, denied)
		}
		for _, o := range []httplog.Options{{RequestHeaders: []string{name}}, {ResponseHeaders: []string{name}}} {
			if _, err := httplog.New(o); (err != nil) != denied {
				t.Errorf("%+v: %v", o, err)
			}
		}
	}
}

func TestTheRouteThatAHandlerSetsIsTheRecordsAndIsSampledBy(t *testing.T) {
	srv, rec, done := serve(t, httplog.Options{Sample: map[string]float64{"/never/:id": 0}}, func(_ http.ResponseWriter, r *http.Request) {
		httplog.SetRoute(r.Context(), strings.Replace(r.URL.Path, "7", ":id", 1))
	})
	get(t, srv, "/orders/7")
	get(t, srv, "/never/7")
	done()
	rec.Expect(hydratest.HasAttr("route", "/orders/:id"))
	rec.ExpectCount(1)
	httplog.SetRoute(t.Context(), "outside of a request") // does nothing
}

func TestStringsAreCountedAndCaptured(t *testing.T) {
	for _, captured := range []bool{false, true} {
		srv, rec, done := serve(t, httplog.Options{Body: httplog.Body{Response: captured, Max: 6}}, func(w http.ResponseWriter, _ *http.Request) {
			for range 2 {
				if _, err := io.WriteString(w, "abcd"); err != nil {
					t.Error(err)
				}
			}
		})
		res, body := get(t, srv, "/")
		done()
		if body != "abcdabcd" || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%q %v", body, res.Header)
		}
		r := rec.Expect(hydratest.HasAttr("bytes_out", 8))
		if got := fmt.Sprint(r.Attrs["response_body"]); captured != (got == "abcdab") {
			t.Errorf("captured %v: %s", captured, got)
		}
	}
}

func TestTheHandlersOwnIDInTheResponseDoesNotStay(t *testing.T) {
	srv, _, done := serve(t, httplog.Options{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("X-Correlation-ID", "other")
		w.WriteHeader(http.StatusNoContent)
	})
	req, _ := http.NewRequest("GET", srv.URL, nil)
	req.Header.Set("X-Correlation-ID", "flow-1")
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	done()
	if ids := res.Header.Values("X-Correlation-ID"); len(ids) != 1 || ids[0] != "flow-1" {
		t.Errorf("%q", ids)
	}
}
