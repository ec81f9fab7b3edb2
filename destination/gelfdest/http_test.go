package gelfdest

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

// decodeGELF is a fake after Graylog's documents of its input "GELF HTTP"; there is no server to be had.
func decodeGELF(bulk bool) httpfake.Decode {
	return func(w http.ResponseWriter, r *http.Request, body []byte) ([][]byte, error) {
		if r.URL.Path != "/gelf" || r.Header.Get("Content-Type") != "application/json" || bytes.IndexByte(body, 0) >= 0 {
			return nil, fmt.Errorf("%s %v %q", r.URL, r.Header, body)
		}
		var records [][]byte
		for line := range bytes.Lines(body) {
			line = bytes.TrimSuffix(line, []byte("\n"))
			if len(line) == 0 || json.Valid(body) && !json.Valid(line) {
				return nil, fmt.Errorf("a line that is no record: %q", line)
			}
			records = append(records, append(bytes.Clone(line), '\n'))
		}
		if !bulk && len(records) != 1 {
			return nil, fmt.Errorf("%d records in a request", len(records))
		}
		w.WriteHeader(http.StatusAccepted)
		return records, nil
	}
}

func openHTTP(t *testing.T, o HTTPOptions) *httpdest.Driver {
	d, err := NewHTTP(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestGELFOverHTTPKeepsTheRules(t *testing.T) {
	for _, bulk := range []bool{false, true} {
		t.Run(fmt.Sprint("bulk_", bulk), func(t *testing.T) {
			httpfake.Conformance(t, httpfake.Kit{Decode: decodeGELF(bulk), Secrets: []string{"secret-token"},
				Open: func(t *testing.T, url string) destination.Driver {
					return openHTTP(t, HTTPOptions{Target: httpdest.Target{URL: url, Token: "secret-token"}, Bulk: bulk})
				}})
		})
	}
}

func TestTheZeroByteOfGELFOverTCPIsNotSentOverHTTP(t *testing.T) {
	b := httpfake.Batch(`{"version":"1.1"}`+"\x00", `{"version":"1.1"}`+"\n")
	if got, err := (objects{}).AppendBody(nil, b); err != nil || string(got) != "{\"version\":\"1.1\"}\n{\"version\":\"1.1\"}" {
		t.Errorf("%q, %v", got, err)
	}
}
