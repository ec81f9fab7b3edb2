package splunkdest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/internal/httpfake"
)

// decode is a fake after the vendor's documents; there is no server to be had.
func decode(w http.ResponseWriter, r *http.Request, body []byte) ([][]byte, error) {
	if r.URL.Path != "/services/collector/event" || r.Header.Get("Authorization") != "Splunk secret-token" {
		return nil, fmt.Errorf("%s %v", r.URL, r.Header)
	}
	var records [][]byte
	for dec := json.NewDecoder(bytes.NewReader(body)); dec.More(); {
		var e struct {
			Time                            json.Number
			Host, Source, Sourcetype, Index string
			Event                           json.RawMessage
			Fields                          map[string]string
		}
		dec.DisallowUnknownFields()
		if err := dec.Decode(&e); err != nil {
			return nil, err
		}
		n := len(records)
		if e.Host != "web1" || e.Sourcetype != "_json" || e.Index != "main" || e.Time == "" || e.Fields["id"] == "" {
			return nil, fmt.Errorf("event %d is %+v", n, e)
		}
		records = append(records, append(e.Event, '\n'))
	}
	fmt.Fprint(w, `{"text":"Success","code":0}`)
	return records, nil
}

func open(t *testing.T, url string) *httpdest.Driver {
	d, err := New(Options{Target: httpdest.Target{URL: url, Token: "secret-token"}, Host: "web1", Index: "main"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDriverKeepsTheRules(t *testing.T) {
	httpfake.Conformance(t, httpfake.Kit{Decode: decode, Secrets: []string{"secret-token"}, Open: func(t *testing.T, url string) destination.Driver { return open(t, url) }})
}

func TestAnEventHasTimeInSecondsAndItsId(t *testing.T) {
	b := httpfake.Batch("text \"quoted\"")
	b.Items[0].Time = 1700000000_012345678
	got, err := newEncoder(&Options{Source: "s"}).AppendBody(nil, b)
	want := `{"source":"s","sourcetype":"_json","time":1700000000.012345,"event":"text \"quoted\"","fields":{"id":"07000000-0000-0000-0000-000000000000:0000000000000000"}}` + "\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s\n%s", err, got, want)
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		want   destination.Kind
	}{
		{200, `{"text":"Success","code":0}`, destination.Delivered},
		{400, `{"text":"No data","code":5}`, destination.Rejected},
		{400, `{"text":"Invalid data format","code":6,"invalid-event-number":1}`, destination.Partly},
		{400, `{"text":"Invalid data format","code":6,"invalid-event-number":7}`, destination.Rejected},
		{400, `{"text":"Event field cannot be blank","code":13,"invalid-event-number":0}`, destination.Partly},
		{400, `{"text":"Incorrect index","code":7,"invalid-event-number":0}`, destination.Retrying},
		{403, `{"text":"Invalid token","code":4}`, destination.Retrying},
		{401, `{"text":"Token is required","code":2}`, destination.Retrying},
		{503, `{"text":"Server is busy","code":9}`, destination.Retrying},
		{500, `{"text":"Internal server error","code":8}`, destination.Retrying},
		{429, ``, destination.Retrying},
		{413, `<html>`, destination.Rejected},
		{400, `<html>`, destination.Rejected},
	} {
		s := httpfake.Start(t, decode)
		s.Answer(func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
			return true
		})
		d := open(t, s.URL)
		err := d.Deliver(t.Context(), httpfake.Batch(`{"n":1}`, `{"n":2}`))
		o := destination.OutcomeOf(err)
		if o.Kind != c.want {
			t.Errorf("%d, %s: %v, %v", c.status, c.body, o.Kind, err)
		}
		for _, it := range o.Items {
			poison := it.Index == 1 == bytes.Contains([]byte(c.body), []byte(`number":1`))
			if rejected := destination.OutcomeOf(it.Err).Kind == destination.Rejected; rejected != poison {
				t.Errorf("%s: item %d is rejected: %v", c.body, it.Index, rejected)
			}
		}
		_ = d.Close(t.Context())
	}
}
