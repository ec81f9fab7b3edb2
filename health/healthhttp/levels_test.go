package healthhttp_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/health/healthhttp"
)

func twoLayers(t *testing.T) *hydra.Logger {
	t.Helper()
	null := []config.Destination{{Type: config.TypeNull}}
	log, err := hydra.New(hydra.Config{Name: t.Name(), Layers: map[string]hydra.Layer{
		"api": {Destinations: null}, "events": {Level: "WARNING", Destinations: null}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

func put(h http.Handler, url, contentType, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPut, url, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// levels are those of the report, as "api=INFO events=WARNING".
func levels(log *hydra.Logger) string {
	var all []string
	for _, l := range log.Health().Layers {
		text := l.Name + "=" + l.Level
		if l.Until != nil {
			text += " for a while"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func TestALevelIsChangedByQueryFormOrJSON(t *testing.T) {
	log := twoLayers(t)
	h := healthhttp.Levels(log)
	for _, c := range []struct{ url, contentType, body, want string }{
		{"/?layer=events&level=debug", "", "", "api=INFO events=DEBUG"},
		{"/?level=error", "", "", "api=ERROR events=ERROR"},
		{"/", "application/x-www-form-urlencoded", "layer=api&level=TRACE&for=10m", "api=TRACE for a while events=ERROR"},
		{"/", "application/json; charset=utf-8", `{"layer":"events","level":"warn","for":"1h"}`, "api=TRACE for a while events=WARNING for a while"},
		{"/", "application/json", `{"level":"info"}`, "api=INFO events=INFO"},
	} {
		w := put(h, c.url, c.contentType, c.body)
		if got := levels(log); w.Code != http.StatusOK || got != c.want {
			t.Errorf("%+v: %d %s, levels are %s", c, w.Code, w.Body, got)
		}
		if seen := ask(h).Body.String(); seen != w.Body.String() || !strings.Contains(seen, `"name": "events"`) {
			t.Errorf("%+v: PUT answers %s and GET %s", c, w.Body, seen)
		}
	}
}

func TestAWrongChangeOfALevelIsRefusedWithItsReasonAndChangesNothing(t *testing.T) {
	log := twoLayers(t)
	h := healthhttp.Levels(log)
	before := levels(log)
	for _, c := range []struct{ url, contentType, body, want string }{
		{"/", "", "", "give one"},
		{"/?level=loud", "", "", `unknown level "loud"`},
		{"/?level=debug&layer=nope", "", "", `no layer "nope"`},
		{"/?level=debug&for=soon", "", "", `"soon" is no time`},
		{"/?level=debug&for=-1s", "", "", `"-1s" is no time`},
		{"/?level=debug&layr=api", "", "", `"layr" is none of layer, level, for`},
		{"/?level=%zz", "", "", "can't be read"},
		{"/", "application/json", `{"level":"debug"`, "can't be read"},
		{"/", "application/json", `{"levl":"debug"}`, `"levl"`},
		{"/", "application/json", `{"level":"debug"} {}`, "more behind"},
		{"/", "application/json", `{"layer":"` + strings.Repeat("x", 5000) + `"}`, "too large"},
	} {
		if w := put(h, c.url, c.contentType, c.body); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
	}
	if got := levels(log); got != before {
		t.Errorf("levels are %s, were %s", got, before)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodDelete, "/", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD, PUT" {
		t.Errorf("DELETE: %d %v", w.Code, w.Header())
	}
}
