package clickhousedest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/internal/httpfake"
)

// decode is a fake after the vendor's documents.
func decode(w http.ResponseWriter, r *http.Request, body []byte) ([][]byte, error) {
	q := r.URL.Query()
	if got := q.Get("query"); got != "INSERT INTO `db`.`odd\\`name` FORMAT JSONEachRow" {
		return nil, fmt.Errorf("the query is %s", got)
	}
	if q.Get("input_format_skip_unknown_fields") != "0" || q.Get("date_time_input_format") != "best_effort" {
		return nil, fmt.Errorf("the settings are %v", q)
	}
	if q.Get("insert_deduplication_token") != strings.Trim(r.Header.Get("Idempotency-Key"), `"`) {
		return nil, fmt.Errorf("the token is %q", q.Get("insert_deduplication_token"))
	}
	if r.Header.Get("X-ClickHouse-User") != "writer" || r.Header.Get("X-ClickHouse-Key") != "secret-key" || r.Header.Get("Authorization") != "" {
		return nil, fmt.Errorf("the credentials are %v", r.Header)
	}
	return httpfake.Lines(body)
}

func open(t *testing.T, url string) *httpdest.Driver {
	d, err := New(Options{Target: httpdest.Target{URL: url, Username: "writer", Password: "secret-key"}, Database: "db", Table: "odd`name",
		Settings: map[string]string{"input_format_skip_unknown_fields": "0"}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDriverKeepsTheRules(t *testing.T) {
	httpfake.Conformance(t, httpfake.Kit{Decode: decode, Secrets: []string{"secret-key"}, Open: func(t *testing.T, url string) destination.Driver { return open(t, url) }})
}

func TestWhatAnAnswerMeans(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		body   string
		want   destination.Kind
	}{
		{200, "", "", destination.Delivered},
		{500, "", "Code: 27, e.displayText() = DB::Exception: Cannot parse input", destination.Rejected}, // 18.16
		{400, "27", "Code: 27. DB::Exception: Cannot parse input", destination.Rejected},
		{200, "", "Code: 26. DB::Exception: Cannot parse JSON string", destination.Rejected}, // late, after the status
		{400, "117", "", destination.Rejected},
		{404, "60", "Code: 60. DB::Exception: Table does not exist", destination.Retrying},
		{403, "516", "", destination.Retrying},
		{500, "252", "Code: 252. DB::Exception: Too many parts", destination.Retrying},
		{500, "241", "", destination.Retrying},
		{503, "", "", destination.Retrying},
		{413, "", "", destination.Rejected},
	} {
		s := httpfake.Start(t, decode)
		s.Answer(func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
			if c.code != "" {
				w.Header().Set("X-ClickHouse-Exception-Code", c.code)
			}
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
			return true
		})
		d := open(t, s.URL)
		err := d.Deliver(t.Context(), httpfake.Batch(`{"n":1}`))
		if got := destination.OutcomeOf(err).Kind; got != c.want {
			t.Errorf("%d, %s, %q: %v, %v", c.status, c.code, c.body, got, err)
		}
		_ = d.Close(t.Context())
	}
}
