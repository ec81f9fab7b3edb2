package elasticdest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/destinationtest"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/internal/httpfake"
)

// decode is a fake after the vendor's documents, which takes what a data stream takes; internal/tests has a real server that imitates the API.
func decode(w http.ResponseWriter, r *http.Request, body []byte) ([][]byte, error) {
	if r.URL.Path != "/prefix/_bulk" || r.Header.Get("Content-Type") != "application/x-ndjson" || r.Header.Get("Authorization") != "ApiKey secret-key" {
		return nil, fmt.Errorf("%s %v", r.URL, r.Header)
	}
	lines, err := httpfake.Lines(body)
	if err != nil || len(lines)%2 != 0 {
		return nil, fmt.Errorf("%d lines, %w", len(lines), err)
	}
	var records [][]byte
	var results []string
	failed := false
	for ; len(lines) > 0; lines = lines[2:] {
		var action struct {
			Create struct {
				Index string `json:"_index"`
				ID    string `json:"_id"`
			}
		}
		dec := json.NewDecoder(bytes.NewReader(lines[0]))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&action); err != nil || action.Create.Index != "logs-app" || len(action.Create.ID) != 53 {
			return nil, fmt.Errorf("action %s: %w", lines[0], err)
		}
		const head = len(`{"@timestamp":"2023-11-14T22:13:20.000000000Z",`)
		if !bytes.HasPrefix(lines[1], []byte(`{"@timestamp":"2023-11-14T22:13:`)) {
			return nil, fmt.Errorf("document %s", lines[1])
		}
		if bytes.Contains(lines[1], []byte(destinationtest.Poison)) {
			failed = true
			results = append(results, `{"create":{"status":400,"error":{"type":"document_parsing_exception","reason":"poison"}}}`)
			continue
		}
		results = append(results, `{"create":{"status":201}}`)
		records = append(records, append([]byte{'{'}, lines[1][head:]...))
	}
	fmt.Fprintf(w, `{"errors":%v,"items":[%s]}`, failed, strings.Join(results, ","))
	return records, nil
}

func open(t *testing.T, url string) *httpdest.Driver {
	d, err := New(Options{Target: httpdest.Target{URL: url + "/prefix/", Token: "secret-key"}, Index: "logs-app"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDriverKeepsTheRules(t *testing.T) {
	httpfake.Conformance(t, httpfake.Kit{Decode: decode, Secrets: []string{"secret-key"},
		Open:   func(t *testing.T, url string) destination.Driver { return open(t, url) },
		Refuse: func(*httpfake.Server) func() { return func() {} }, // decode does, in results of records
	})
}

func TestWhatAnAnswerMeans(t *testing.T) {
	reject, retry := destination.Rejected, destination.Retrying
	for _, c := range []struct {
		status int
		body   string
		want   destination.Kind
		items  map[int]destination.Kind
	}{
		{200, `{"errors":false,"items":[]}`, destination.Delivered, nil},
		{200, `{"errors":true,"items":[{"create":{"status":201}},{"create":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"exists"}}},{"create":{"status":201}}]}`, destination.Delivered, nil},
		{200, `{"errors":true,"items":[{"create":{"status":201}},{"create":{"status":400,"error":{"type":"document_parsing_exception","reason":"failed to parse field [n]"}}},{"create":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"full"}}}]}`,
			destination.Partly, map[int]destination.Kind{1: reject, 2: retry}},
		{200, `{"errors":true,"items":[{"create":{"status":503}},{"create":{"status":404,"error":"no index"}},{"create":{"status":403}}]}`,
			destination.Partly, map[int]destination.Kind{0: retry, 1: retry, 2: retry}},
		{200, `{"errors":true,"items":[{"create":{"status":201}}]}`, retry, nil},
		{200, `<html>a proxy's page</html>`, retry, nil},
		{400, `{"error":{"type":"illegal_argument_exception"}}`, reject, nil},
		{413, ``, reject, nil},
		{401, ``, retry, nil},
		{429, ``, retry, nil},
		{503, ``, retry, nil},
	} {
		s := httpfake.Start(t, decode)
		s.Answer(func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
			return true
		})
		d := open(t, s.URL)
		o := destination.OutcomeOf(d.Deliver(t.Context(), httpfake.Batch(`{"n":1}`, `{"n":2}`, `{"n":3}`)))
		if o.Kind != c.want || len(o.Items) != len(c.items) {
			t.Errorf("%d, %s: %+v", c.status, c.body, o)
		}
		for _, it := range o.Items {
			if got := destination.OutcomeOf(it.Err).Kind; got != c.items[it.Index] {
				t.Errorf("%s: item %d: %v", c.body, it.Index, got)
			}
		}
		_ = d.Close(t.Context())
	}
}

func TestADocumentKeepsItsOwnTimestamp(t *testing.T) {
	got, err := newEncoder("i").AppendBody(nil, httpfake.Batch(`{"@timestamp":"2020-01-01T00:00:00Z"}`, `text`))
	if err != nil || !strings.Contains(string(got), "}}\n"+`{"@timestamp":"2020-01-01T00:00:00Z"}`+"\n") || !strings.Contains(string(got), `000000001Z","message":"text"}`) {
		t.Errorf("%v: %s", err, got)
	}
}
