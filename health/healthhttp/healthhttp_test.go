package healthhttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/health/healthhttp"
)

func ask(h http.Handler) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	return w
}

func from(r health.Report) healthhttp.Source { return func() health.Report { return r } }

var failing = health.Report{
	Status: health.Unhealthy, Accepting: true,
	Destinations: []health.Destination{{Name: "disk", State: health.StateIdle}, {Name: "remote", State: health.StateRetrying}},
}

func TestLiveIs200WhileCallsAreAcceptedWhateverTheDestinationsDo(t *testing.T) {
	if w := ask(healthhttp.Live(from(failing))); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(healthhttp.Live(from(health.Report{}))); w.Code != 503 {
		t.Errorf("closed logger: %d", w.Code)
	}
}

func TestReadinessDependsOnADestinationOnlyWhenItIsNamed(t *testing.T) {
	for _, c := range []struct {
		names []string
		code  int
		text  string
	}{
		{nil, 200, "ok"},
		{[]string{"disk"}, 200, "ok"},
		{[]string{"disk", "remote"}, 503, `destination "remote" is retrying`},
		{[]string{"typo"}, 503, `there is no destination "typo"`},
	} {
		w := ask(healthhttp.Ready(from(failing), c.names...))
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.text) {
			t.Errorf("%v: %d %q, want %d %q", c.names, w.Code, w.Body, c.code, c.text)
		}
	}
}

func TestReportIsTheWholeReportAsJSON(t *testing.T) {
	w := ask(healthhttp.Report(from(failing)))
	if w.Code != 503 {
		t.Errorf("unhealthy: %d", w.Code)
	}
	var got health.Report
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Destinations) != 2 {
		t.Errorf("%v %+v", err, got)
	}
	if w := ask(healthhttp.Report(from(health.Report{Status: health.Degraded}))); w.Code != 200 {
		t.Errorf("degraded: %d", w.Code)
	}
}
