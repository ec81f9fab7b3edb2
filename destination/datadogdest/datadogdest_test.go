package datadogdest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/internal/httpfake"
)

// decode is a fake after the vendor's document; there is no server to be had.
func decode(w http.ResponseWriter, r *http.Request, body []byte) ([][]byte, error) {
	if r.Method != http.MethodPost || r.URL.Path != "/api/v2/logs" || r.Header.Get("DD-API-KEY") != "secret-key" || r.Header.Get("Authorization") != "" {
		return nil, fmt.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	var all []json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, err
	}
	if len(all) > 1000 || len(body) > 5_000_000 {
		return nil, fmt.Errorf("%d records, %d bytes", len(all), len(body))
	}
	var records [][]byte
	for _, one := range all {
		rest, ok := bytes.CutPrefix(one, []byte(`{"ddsource":"go","ddtags":"env:test,team:a","hostname":"web1","service":"shop","status":"info",`))
		if !ok {
			return nil, fmt.Errorf("a record begins with %.120s", one)
		}
		records = append(records, append([]byte("{"), append(rest, '\n')...))
	}
	w.WriteHeader(http.StatusAccepted)
	return records, nil
}

func open(t *testing.T, url string, long bool) *httpdest.Driver {
	d, err := New(Options{Target: httpdest.Target{URL: url, Token: "secret-key"}, Service: "shop", Hostname: "web1",
		Tags: map[string]string{"team": "a", "env": "test"}, SendLong: long})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDriverKeepsTheRules(t *testing.T) {
	httpfake.Conformance(t, httpfake.Kit{Decode: decode, Secrets: []string{"secret-key"}, Open: func(t *testing.T, url string) destination.Driver { return open(t, url, true) }})
}

func TestARecordThatDatadogWouldCutIsRejectedAloneAndTheOthersArrive(t *testing.T) {
	s := httpfake.Start(t, decode)
	d := open(t, s.URL, false)
	defer d.Close(t.Context())
	long := `{"text":"` + strings.Repeat("x", 1<<20) + `"}`
	err := d.Deliver(t.Context(), httpfake.Batch(`{"n":1}`, long, `{"n":2}`))
	o := destination.OutcomeOf(err)
	if o.Kind != destination.Partly || len(o.Items) != 1 || o.Items[0].Index != 1 || destination.OutcomeOf(o.Items[0].Err).Kind != destination.Rejected {
		t.Errorf("%v, %+v", err, o)
	}
	if got := string(s.Received()); got != "{\"n\":1}\n{\"n\":2}\n" {
		t.Errorf("arrived: %s", got)
	}
}

func TestMembersThatARecordHasAreLeftToIt(t *testing.T) {
	d := encoder{service: "shop", source: "go"}
	b := httpfake.Batch(`{"service":"other","nested":{"status":1}}`, `{"status":"mine"}`, `plain text`, `{}`)
	got, err := d.AppendBody(nil, b)
	want := `[{"ddsource":"go","status":"info","service":"other","nested":{"status":1}},{"ddsource":"go","service":"shop","status":"mine"},` +
		`{"ddsource":"go","service":"shop","status":"info","message":"plain text"},{"ddsource":"go","service":"shop","status":"info"}]`
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s\n%s", err, got, want)
	}
}

func TestADestinationWithoutAPIKeyIsRefused(t *testing.T) {
	if _, err := New(Options{}); err == nil || !strings.Contains(err.Error(), "API key") {
		t.Errorf("%v", err)
	}
}
