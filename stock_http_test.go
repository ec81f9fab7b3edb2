package hydra_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/internal/httpfake"
)

func anyBody(_ http.ResponseWriter, _ *http.Request, body []byte) ([][]byte, error) {
	return [][]byte{body}, nil
}

func TestAnHTTPDestinationInAConfigurationIsDeliveredTo(t *testing.T) {
	for typ, options := range map[string]string{
		"network_http":  "credentials: {X-Key: k}, options: {payload: array, compression: zstd, method: PUT}",
		"loki":          "options: {labels: {service_name: shop}, tenant: t1}",
		"elasticsearch": "auth_token: abcd, options: {index: logs-app}",
		"otlp":          "options: {resource: {service.name: shop}}",
		"splunk":        "auth_token: abcd, options: {index: main, sourcetype: json}",
		"datadog":       "auth_token: abcd, options: {service: shop, tags: {team: a}}",
		"clickhouse":    "credentials: {username: u, password: pppp}, options: {table: logs, settings: {async_insert: '1'}}",
		"gelf":          "auth_token: abcd, options: {compression: gzip, bulk: true}",
		"journald":      "options: {identifier: shop, hostname: web1, compression: zstd}",
		"victorialogs":  "options: {stream_fields: [layer, level], account_id: 7}",
	} {
		s := httpfake.Start(t, anyBody)
		log, err := hydra.Parse(fmt.Appendf(nil, "layers: {app: {destinations: [{type: %s, url: %q, %s}]}}", typ, s.URL, options))
		if err != nil {
			t.Errorf("%s: %v", typ, err)
			continue
		}
		if typ == "elasticsearch" {
			s.Answer(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
				fmt.Fprint(w, `{"errors":false}`)
				return false
			})
		}
		log.Layer("app").Info(t.Context(), "a message for the test")
		if err := log.Close(); err != nil {
			t.Errorf("%s: Close: %v", typ, err)
		}
		if !bytes.Contains(s.Received(), []byte("a message for the test")) {
			t.Errorf("%s: arrived %q", typ, s.Received())
		}
		if d := log.Health().Destinations[0]; !strings.HasPrefix(d.Target, s.URL) || d.Ledger.Delivered != 1 {
			t.Errorf("%s: health says %q, %+v", typ, d.Target, d.Ledger)
		}
	}
}

func TestSplunksIndexersAreWaitedForWhereTheConfigurationSaysSo(t *testing.T) {
	asked := 0
	s := httpfake.Start(t, func(w http.ResponseWriter, r *http.Request, body []byte) ([][]byte, error) {
		if !strings.HasSuffix(r.URL.Path, "/ack") {
			fmt.Fprint(w, `{"text":"Success","code":0,"ackId":5}`)
			return [][]byte{body}, nil
		}
		asked++
		fmt.Fprintf(w, `{"acks":{"5":%v}}`, asked == 2)
		return nil, nil
	})
	log, err := hydra.Parse(fmt.Appendf(nil, "layers: {app: {destinations: [{type: splunk, url: %q, auth_token: abcd, options: {ack: true}}]}}", s.URL))
	if err != nil {
		t.Fatal(err)
	}
	log.Layer("app").Info(t.Context(), "a message for the test")
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	if d := log.Health().Destinations[0]; asked != 2 || d.Ledger.Delivered != 1 {
		t.Errorf("asked %d times, want 2; %+v", asked, d.Ledger)
	}
}

func TestAnHTTPOptionThatCannotBeKeptIsRefused(t *testing.T) {
	for what, options := range map[string]string{
		"payload":                 "type: network_http, url: \"http://h/\", options: {payload: xml}",
		"compresion":              "type: network_http, url: \"http://h/\", options: {compresion: gzip}",
		"WithHTTPEncoder":         "type: network_http, url: \"http://h/\", http_payload_encoder: mine",
		"https://":                "type: network_http, url: \"http://h/\", use_tls: true",
		"index":                   "type: elasticsearch, url: \"http://h/\"",
		"uses no format":          "type: otlp, url: \"http://h/\", format: json-lines",
		"token is missing":        "type: splunk, url: \"http://h/\"",
		"API key":                 "type: datadog",
		"name of the table":       "type: clickhouse, url: \"http://h/\"",
		"account_id is -1":        "type: victorialogs, url: \"http://h/\", options: {account_id: -1}",
		"begin with http":         "type: victorialogs",
		"none of aws, gcp, azure": "type: async_cloud, service_type: other",
		"log_group":               "type: async_cloud, service_type: aws, options: {region: eu-central-1}",
		"project":                 "type: async_cloud, service_type: gcp",
		"rule_id":                 "type: async_cloud, service_type: azure, url: \"https://h\"",
	} {
		log, err := hydra.Parse([]byte("layers: {app: {destinations: [{" + options + "}]}}"))
		if err == nil {
			_ = log.Close()
		}
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", options, err)
		}
	}
}

func TestCloudServicesAreTheirOwnIntakes(t *testing.T) {
	for target, options := range map[string]string{
		"https://logs.eu-central-1.amazonaws.com/v1/logs":                   "service_type: aws, auth_token: key, options: {region: eu-central-1, log_group: g, log_stream: s}",
		"https://telemetry.googleapis.com/v1/logs":                          "service_type: gcp, auth_token: key, options: {project: p}",
		"https://dce.example/dataCollectionRules/dcr-1/streams/Custom-Logs": "service_type: azure, url: \"https://dce.example\", auth_token: key, options: {rule_id: dcr-1, stream: Custom-Logs}",
	} {
		log, err := hydra.Parse([]byte("layers: {app: {destinations: [{type: async_cloud, " + options + "}]}}"))
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		if got := log.Health().Destinations[0].Target; got != target {
			t.Errorf("the target is %s, want %s", got, target)
		}
		_ = log.Close()
	}
}

func TestAnEncoderThatWasGivenANameMakesTheBody(t *testing.T) {
	s := httpfake.Start(t, anyBody)
	log, err := hydra.Parse(fmt.Appendf(nil, "layers: {app: {destinations: [{type: network_http, url: %q, http_payload_encoder: count}]}}", s.URL),
		hydra.WithHTTPEncoder("count", countEncoder{}))
	if err != nil {
		t.Fatal(err)
	}
	log.Layer("app").Info(t.Context(), "one")
	if err := log.Close(); err != nil || string(s.Received()) != "1 records\n" || s.Headers()[0].Get("Content-Type") != "text/plain" {
		t.Errorf("%v, %q, %v", err, s.Received(), s.Headers())
	}
}

type countEncoder struct{}

func (countEncoder) ContentType() string { return "text/plain" }

func (countEncoder) AppendBody(dst []byte, b *destination.Batch) ([]byte, error) {
	return fmt.Appendf(dst, "%d records\n", len(b.Items)), nil
}

// TestACredentialIsNowhere puts one into every option that can hold one, and looks everywhere.
func TestACredentialIsNowhere(t *testing.T) {
	const secret = "s3cret-of-the-test"
	down := httpfake.Start(t, anyBody)
	down.Answer(func(w http.ResponseWriter, r *http.Request, body []byte) bool { // rejects, and repeats all that it was told
		user, pass, _ := r.BasicAuth()
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintln(w, r.URL, r.Header, user, pass)
		return true
	})
	tokenFile := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(tokenFile, []byte(secret+"-file"), 0o600); err != nil {
		t.Fatal(err)
	}
	withUser := strings.Replace(down.URL, "http://", "http://user:"+secret+"@", 1)
	for name, options := range map[string]string{
		"user in the URL":  fmt.Sprintf("type: network_http, url: %q", withUser),
		"query of the URL": fmt.Sprintf("type: network_http, url: %q", down.URL+"/?key="+secret),
		"credentials":      fmt.Sprintf("type: network_http, url: %q, credentials: {X-Key: %s, username: u, password: %s}", down.URL, secret, secret),
		"auth_token":       fmt.Sprintf("type: network_http, url: %q, auth_token: %s", down.URL, secret),
		"token_file":       fmt.Sprintf("type: network_http, url: %q, options: {token_file: %q}", down.URL, tokenFile),
		"splunk":           fmt.Sprintf("type: splunk, url: %q, auth_token: %s", down.URL, secret),
		"datadog":          fmt.Sprintf("type: datadog, url: %q, auth_token: %s", down.URL, secret),
		"clickhouse":       fmt.Sprintf("type: clickhouse, url: %q, credentials: {username: u, password: %s}, options: {table: t}", down.URL, secret),
		"elasticsearch":    fmt.Sprintf("type: elasticsearch, url: %q, auth_token: %s, options: {index: i}", down.URL, secret),
		"loki":             fmt.Sprintf("type: loki, url: %q, auth_token: %s, options: {tenant: %s}", down.URL, secret, secret),
		"otlp":             fmt.Sprintf("type: otlp, url: %q, credentials: {Authorization: Bearer %s}", down.URL, secret),
		"nobody listens":   fmt.Sprintf("type: victorialogs, url: \"http://user:%s@127.0.0.1:1/\", auth_token: %s, retry_count: 0", secret, secret),
		"a bad URL":        fmt.Sprintf("type: network_http, url: \"http://user:%s@h:port/\"", secret),
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			dir := t.TempDir()
			var said bytes.Buffer
			log, err := hydra.Parse(fmt.Appendf(nil, "journal: {dir: %q}\nlayers: {app: {destinations: [{%s}]}}", filepath.Join(dir, "state"), options),
				hydra.WithEvents(func(ev hydra.Event) { fmt.Fprintln(&said, ev.Text, ev.Err) }))
			if err != nil {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error of Parse: %v", err)
				}
				return
			}
			log.Layer("app").Info(t.Context(), "a record")
			if err := log.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			health, _ := json.Marshal(log.Health())
			if d := log.Health().Destinations[0]; d.Ledger.DeadLettered != 1 || d.LastError == "" {
				t.Errorf("the record is no dead letter: %+v", d)
			}
			closeErr := fmt.Sprint(log.Close())
			for what, text := range map[string]string{"health": string(health), "events": said.String(), "Close": closeErr} {
				if strings.Contains(text, secret) {
					t.Errorf("%s: %s", what, text)
				}
			}
			files := 0
			err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				files++
				text, err := os.ReadFile(path)
				if bytes.Contains(text, []byte(secret)) {
					return errors.New("the credential is in " + path)
				}
				return err
			})
			if err != nil || files == 0 {
				t.Errorf("%d files: %v", files, err)
			}
		})
	}
}

func TestACertificateThatIsNotVerifiedMakesHealthLoud(t *testing.T) {
	log, err := hydra.Parse([]byte("layers: {app: {destinations: [{type: network_http, url: \"https://127.0.0.1:1/\", tls: {skip_verify: true}}]}}"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	r := log.Health()
	if len(r.Reasons) == 0 || r.Status != "degraded" || !strings.Contains(fmt.Sprint(r.Reasons), "not verified") {
		t.Errorf("%s: %v", r.Status, r.Reasons)
	}
}

// A destination that is made in Go, without a file.
func ExampleWithDestination_http() {
	server := newLinesServer()
	defer server.Close()
	driver, err := httpdest.New(httpdest.Options{Target: httpdest.Target{URL: server.URL + "/logs", Token: "from the environment", Compression: httpdest.Gzip}})
	if err != nil {
		fmt.Println(err)
		return
	}
	log, err := hydra.New(hydra.Config{Layers: map[string]hydra.Layer{"app": {Destinations: []hydra.Destination{{Type: "null"}}}}},
		hydra.WithDestination("app", hydra.DestinationOptions{Name: "central", Driver: driver, Format: "logfmt"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	log.Layer("app").Info(context.Background(), "order taken")
	fmt.Println(log.Close())
	fmt.Println(strings.Contains(<-server.bodies, `msg="order taken"`))
	// Output:
	// <nil>
	// true
}

// linesServer hands on the bodies of requests.
type linesServer struct {
	*httptest.Server
	bodies chan string
}

func newLinesServer() *linesServer {
	s := &linesServer{bodies: make(chan string, 10)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, err := httpfake.Body(r); err == nil {
			s.bodies <- string(body)
		}
	}))
	return s
}
