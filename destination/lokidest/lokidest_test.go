package lokidest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/internal/httpfake"
	"github.com/hydra-logger/hydra/record"
)

// decode is a fake after the vendor's documents; internal/tests has a real server that imitates the API.
func decode(w http.ResponseWriter, r *http.Request, body []byte) ([][]byte, error) {
	if r.URL.Path != "/loki/api/v1/push" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("X-Scope-OrgID") != "tenant1" {
		return nil, fmt.Errorf("%s %v", r.URL, r.Header)
	}
	var push struct {
		Streams []struct {
			Stream map[string]string
			Values [][]json.RawMessage
		}
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&push); err != nil {
		return nil, err
	}
	var records [][]byte
	for _, s := range push.Streams {
		if s.Stream["service_name"] != "shop" || s.Stream["layer"] != "kit" || s.Stream["level"] != "info" || len(s.Stream) != 3 {
			return nil, fmt.Errorf("the labels are %v", s.Stream)
		}
		for _, v := range s.Values {
			var at, line string
			var meta map[string]string
			if len(v) != 3 || json.Unmarshal(v[0], &at) != nil || json.Unmarshal(v[1], &line) != nil || json.Unmarshal(v[2], &meta) != nil {
				return nil, fmt.Errorf("a value is %s", v)
			}
			if _, err := strconv.ParseInt(at, 10, 64); err != nil || meta["record_id"] == "" {
				return nil, fmt.Errorf("%s %v", at, meta)
			}
			records = append(records, []byte(line+"\n"))
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return records, nil
}

func TestDriverKeepsTheRules(t *testing.T) {
	httpfake.Conformance(t, httpfake.Kit{Decode: decode, Secrets: []string{"secret-token"}, Open: func(t *testing.T, url string) destination.Driver {
		d, err := New(Options{Target: httpdest.Target{URL: url, Token: "secret-token"}, Labels: map[string]string{"service_name": "shop"}, Tenant: "tenant1"})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}})
}

func TestIdsAreMetadataAndNeverLabels(t *testing.T) {
	var e record.Encoder
	b := &destination.Batch{}
	for i, layer := range []string{"api", "db", "api"} {
		h := record.Header{Time: int64(i + 1), Level: slog.LevelInfo, Layer: layer, Message: "m",
			IDs: &record.IDs{CorrelationID: "c1", TraceID: [16]byte{1}, SpanID: [8]byte{2}}}
		start := len(b.Data)
		b.Data = fmt.Appendf(b.Data, "line %d\n", i)
		b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data), Time: h.Time, Raw: bytes.Clone(e.Encode(&h, nil, nil)), Journal: [16]byte{7}, Position: 9})
	}
	got, err := newEncoder(&Options{}).AppendBody(nil, b)
	const meta = `{"correlation_id":"c1","record_id":"07000000-0000-0000-0000-000000000000:0000000000000009","trace_id":"01000000000000000000000000000000","span_id":"0200000000000000"}`
	want := `{"streams":[{"stream":{"layer":"api","level":"info"},"values":[["1","line 0",` + meta + `],["3","line 2",` + meta + `]]},` +
		`{"stream":{"layer":"db","level":"info"},"values":[["2","line 1",` + meta + `]]}]}`
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s\n%s", err, got, want)
	}
}
