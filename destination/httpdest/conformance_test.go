package httpdest

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/internal/httpfake"
)

func decodeLines(_ http.ResponseWriter, _ *http.Request, body []byte) ([][]byte, error) {
	return httpfake.Lines(body)
}

func decodeArray(_ http.ResponseWriter, r *http.Request, body []byte) ([][]byte, error) {
	if r.Header.Get("Content-Type") != "application/json" {
		return nil, errors.New("the Content-Type is not that of JSON")
	}
	var all []json.RawMessage
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, errors.New("empty")
	}
	err := json.Unmarshal(body, &all)
	records := make([][]byte, 0, len(all))
	for _, one := range all {
		records = append(records, append(one, '\n'))
	}
	return records, err
}

func TestDriverKeepsTheRules(t *testing.T) {
	const token, password, query = "token-of-the-test", "password&of#the-test", "key-in-the-query"
	secrets := []string{token, password, query, "header-of-the-test"}
	for name, o := range map[string]Options{
		"plain": {}, "gzip": {Target: Target{Compression: Gzip}}, "zstd": {Target: Target{Compression: Zstd}},
		"array": {Payload: Array}, "pieces": {MaxBytes: 5000},
		"credentials": {Target: Target{Token: token, Header: map[string]string{"X-Api-Key": "header-of-the-test"}}},
		"basic":       {Target: Target{Username: "user", Password: password}},
	} {
		t.Run(name, func(t *testing.T) {
			decode := decodeLines
			if o.Payload == Array {
				decode = decodeArray
			}
			httpfake.Conformance(t, httpfake.Kit{Decode: decode, Secrets: secrets, Open: func(t *testing.T, url string) destination.Driver {
				o := o
				o.URL = url + "/in?key=" + query
				d, err := New(o)
				if err != nil {
					t.Fatal(err)
				}
				return d
			}})
		})
	}
}
