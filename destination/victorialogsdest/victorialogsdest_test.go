package victorialogsdest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/internal/httpfake"
)

// decode is a fake after the vendor's documents; internal/tests has the real server.
func decode(_ http.ResponseWriter, r *http.Request, body []byte) ([][]byte, error) {
	q := r.URL.Query()
	if r.URL.Path != "/insert/jsonline" || r.Header.Get("Content-Type") != "application/stream+json" ||
		q.Get("_time_field") != "timestamp" || q.Get("_msg_field") != "message" || q.Get("_stream_fields") != "layer,level" {
		return nil, fmt.Errorf("%s %v", r.URL, r.Header)
	}
	if r.Header.Get("AccountID") != "3" || r.Header.Get("ProjectID") != "0" {
		return nil, fmt.Errorf("the tenant is %v", r.Header)
	}
	return httpfake.Lines(body)
}

func TestDriverKeepsTheRules(t *testing.T) {
	httpfake.Conformance(t, httpfake.Kit{Decode: decode, Secrets: []string{"secret-token"}, Open: func(t *testing.T, url string) destination.Driver {
		d, err := New(Options{Target: httpdest.Target{URL: url, Token: "secret-token"}, StreamFields: []string{"layer", "level"}, AccountID: 3})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}})
}
