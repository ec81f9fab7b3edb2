package hydra_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/internal/httpfake"
)

// diagnose is what doctor finds out about one destination.
func diagnose(t *testing.T, destination string) hydra.Finding {
	t.Helper()
	cfg, _, err := config.Parse([]byte("layers: {app: {destinations: [{name: x, "+destination+"}]}}"), config.Options{})
	if err != nil {
		t.Fatalf("%s: %v", destination, err)
	}
	d, err := hydra.Diagnose(t.Context(), *cfg)
	if err != nil {
		t.Fatalf("%s: %v", destination, err)
	}
	for _, f := range d.Findings {
		if f.Subject == "destination x" {
			if ok := f.Verdict != hydra.VerdictFail; d.OK() != ok {
				t.Errorf("%s: OK is %v, %+v", destination, d.OK(), f)
			}
			return f
		}
	}
	text, _ := json.Marshal(d)
	t.Fatalf("%s: nothing is said: %s", destination, text)
	return hydra.Finding{}
}

// TestDoctorFindsCredentialsThatAreNotTakenAlsoWhereTheServersHealthNeedsNone has servers whose health anybody may ask for, as most vendors' are.
func TestDoctorFindsCredentialsThatAreNotTakenAlsoWhereTheServersHealthNeedsNone(t *testing.T) {
	for typ, c := range map[string]struct {
		options string
		refuse  int // status for wrong credentials
		empty   string
	}{
		"loki":          {"auth_token: KEY", 401, ""},
		"elasticsearch": {"auth_token: KEY, options: {index: logs}", 401, `{"error":{"type":"parse_exception","reason":"request body is required"}}`},
		"otlp":          {"auth_token: KEY", 401, ""},
		"splunk":        {"auth_token: KEY", 403, `{"text":"No data","code":5}`},
		"datadog":       {"auth_token: KEY", 403, ""},
		"clickhouse":    {"credentials: {username: u, password: KEY}, options: {table: t}", 403, ""},
		"victorialogs":  {"auth_token: KEY", 401, ""},
		"journald":      {"auth_token: KEY", 401, ""},
		"network_http":  {"auth_token: KEY", 403, ""},
		"async_cloud":   {"service_type: aws, credentials: {access_key_id: KEY, secret_access_key: not-shown}, options: {region: eu-central-1, log_group: g, log_stream: s}", 403, ""},
	} {
		s := httpfake.Start(t, func(http.ResponseWriter, *http.Request, []byte) ([][]byte, error) { return nil, nil })
		s.Answer(func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			health := r.Method == http.MethodGet && typ != "network_http" && typ != "async_cloud"
			switch text := fmt.Sprint(r.Header); {
			case health || strings.Contains(text, "right-key"):
				if c.empty != "" && !health {
					w.WriteHeader(http.StatusBadRequest)
					fmt.Fprint(w, c.empty)
				}
			default:
				w.WriteHeader(c.refuse)
			}
			return true
		})
		options := fmt.Sprintf("type: %s, url: %q, %s", typ, s.URL, c.options)
		if f := diagnose(t, strings.ReplaceAll(options, "KEY", "right-key")); f.Verdict != hydra.VerdictOK || !strings.Contains(f.Text, "answers") {
			t.Errorf("%s with the right credentials: %+v", typ, f)
		}
		f := diagnose(t, strings.ReplaceAll(options, "KEY", "wrong-key"))
		if f.Verdict != hydra.VerdictFail || !strings.Contains(f.Text, fmt.Sprint(c.refuse)) || strings.Contains(f.Text, "wrong-key") || strings.Count(f.Text, s.URL) != 1 {
			t.Errorf("%s with wrong credentials: %+v", typ, f)
		}
		if len(s.Received()) > 0 {
			t.Errorf("%s: records were delivered: %q", typ, s.Received())
		}
	}
}

func TestDoctorSaysWhatIsWrongWithTheWayToAServer(t *testing.T) {
	s := httpfake.Start(t, anyBody)
	for options, want := range map[string]string{
		`type: network_http, url: "http://127.0.0.1:1/"`:                                   "connection refused",
		`type: network_http, url: "http://nowhere.invalid/"`:                               "nowhere.invalid",
		`type: network_http, url: "` + strings.Replace(s.URL, "http:", "https:", 1) + `/"`: "HTTP response to HTTPS client",
		`type: network_http, url: "https://127.0.0.1:1/", tls: {ca: /nowhere/ca.pem}`:      "no such file",
		`type: network_socket, host: 127.0.0.1, port: 1`:                                   "connection refused",
		`type: network_ws, url: "ws://127.0.0.1:1/"`:                                       "connection refused",
	} {
		if f := diagnose(t, options); f.Verdict != hydra.VerdictFail || !strings.Contains(f.Text, want) {
			t.Errorf("%s: %+v", options, f)
		}
	}
}
