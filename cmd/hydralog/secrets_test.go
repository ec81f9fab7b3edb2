package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
)

const credential = "s3cret-0f-the-t3st"

// withCredentials has, by type, a destination with the credential in every option that can hold one. ADDR is a
// server that repeats all that it is told and takes nothing, HOST and PORT are parts of it, FILE is a file that holds the credential.
// The types of plugins are not linked here: their drivers have tests of their own, and that their options are masked is seen here.
var withCredentials = map[string][]string{
	"network_http": {`url: "http://user:SECRET@ADDR/?key=SECRET", auth_token: SECRET, credentials: {X-Key: SECRET}`,
		`url: "http://ADDR/", credentials: {username: u, password: SECRET}`, `url: "http://ADDR/", options: {token_file: FILE}`},
	"network_ws":       {`url: "ws://ADDR/?key=SECRET", auth_token: SECRET, credentials: {X-Key: SECRET}`, `url: "ws://user:SECRET@ADDR/"`},
	"loki":             {`url: "http://user:SECRET@ADDR/", auth_token: SECRET, credentials: {X-Key: SECRET}`, `url: "http://ADDR/", options: {token_file: FILE}`},
	"elasticsearch":    {`url: "http://user:SECRET@ADDR/", auth_token: SECRET, credentials: {X-Key: SECRET}, options: {index: i}`},
	"otlp":             {`url: "http://ADDR/", credentials: {Authorization: "Bearer SECRET"}`, `url: "http://user:SECRET@ADDR/", auth_token: SECRET`},
	"splunk":           {`url: "http://ADDR/", auth_token: SECRET`, `url: "http://ADDR/", options: {token_file: FILE}`},
	"datadog":          {`url: "http://ADDR/", auth_token: SECRET`, `url: "http://ADDR/", options: {token_file: FILE}`},
	"clickhouse":       {`url: "http://ADDR/?password=SECRET", credentials: {username: u, password: SECRET}, options: {table: t}`},
	"victorialogs":     {`url: "http://user:SECRET@ADDR/?key=SECRET", auth_token: SECRET, credentials: {X-Key: SECRET}`},
	"gelf":             {`url: "http://user:SECRET@ADDR/?key=SECRET", auth_token: SECRET, credentials: {X-Key: SECRET}`},
	"journald":         {`url: "http://user:SECRET@ADDR/?key=SECRET", auth_token: SECRET, credentials: {X-Key: SECRET}`},
	"async_cloud":      {`service_type: azure, url: "http://ADDR/", auth_token: SECRET, options: {rule_id: r, stream: s}`, `service_type: aws, url: "http://ADDR/", auth_token: SECRET, options: {log_group: g, log_stream: s, region: r}`},
	"network_socket":   {`host: HOST, port: PORT, auth_token: SECRET`},  // refused, without repeating it
	"syslog":           {`host: HOST, credentials: {password: SECRET}`}, // so is this
	"network_datagram": {`host: HOST, port: PORT, auth_token: SECRET`},  // and this
	"nats":             {`url: "nats://user:SECRET@ADDR", auth_token: SECRET, credentials: {username: u, password: SECRET}`},
	"redis":            {`url: "redis://user:SECRET@ADDR", credentials: {username: u, password: SECRET}`},
	"kafka":            {`url: "kafka://user:SECRET@ADDR", credentials: {username: u, password: SECRET}`},
	"amqp":             {`url: "amqp://user:SECRET@ADDR", credentials: {username: u, password: SECRET}`},
	"mqtt":             {`url: "mqtt://user:SECRET@ADDR", credentials: {username: u, password: SECRET}`},
}

// withoutCredentials are types that have no place for one.
var withoutCredentials = []string{"auto", "console", "file", "null", "memory", "async_console", "async_file", "network"}

func TestACredentialInAnyOptionOfAnyTypeIsNowhere(t *testing.T) {
	for _, typ := range config.DestinationTypes() {
		if withCredentials[typ] == nil && !slices.Contains(withoutCredentials, typ) {
			t.Errorf("type %s is in neither list: can it hold a credential?", typ)
		}
	}
	addr := repeater(t)
	host, port, _ := net.SplitHostPort(addr)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(credential), 0o600); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("ADDR", addr, "HOST", host, "PORT", port, "FILE", token, "SECRET", credential)
	for typ, all := range withCredentials {
		for i, options := range all {
			t.Run(fmt.Sprintf("%s_%d", typ, i), func(t *testing.T) { searchCredential(t, "type: "+typ+", "+fill.Replace(options)) })
		}
	}
}

// repeater is a server that answers every request with 400 and all that it was told.
func repeater(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintln(w, r.URL, r.Header, user, password)
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return l.Addr().String()
}

// searchCredential validates, prints, diagnoses and uses a destination, and looks into all that comes of it.
func searchCredential(t *testing.T, destination string) {
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	text := fmt.Sprintf("name: t\njournal: {dir: %q}\nclose_timeout: 1s\nlayers: {app: {destinations: [{retry_count: 0, timeout: 2, %s}]}}\n", state, destination)
	path := filepath.Join(t.TempDir(), "hydra.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	said["validate --print"] = output(t, func() error {
		return (&validateCmd{File: path, Print: true, MaxExtendsDepth: 5, MaxMergedNodes: 10000}).Run()
	})
	if !strings.Contains(said["validate --print"], `"type"`) {
		t.Errorf("validate --print printed no configuration: %s", said["validate --print"])
	}
	said["doctor"] = output(t, func() error { return (&doctorCmd{Config: path, Timeout: 5e9}).Run() })
	var events bytes.Buffer
	log, err := hydra.Open(path, hydra.WithEvents(func(ev hydra.Event) { fmt.Fprintln(&events, ev.Text, ev.Err) }))
	said["the error of Open"] = fmt.Sprint(err)
	if err == nil {
		log.Layer("app").Error(t.Context(), "a record")
		_ = log.Flush(t.Context())
		health, _ := json.Marshal(log.Health())
		said["health"], said["the error of Close"] = string(health), fmt.Sprint(log.Close())
		said["events"] = events.String()
		if log.Health().Destinations[0].LastError == "" {
			t.Errorf("the delivery has not failed: %s", health)
		}
	}
	for what, text := range said {
		if strings.Contains(text, credential) {
			t.Errorf("%s: %s", what, text)
		}
	}
	noFileHolds(t, dir)
}

// output runs fn and returns what it has written to standard output and error, and its error.
func output(t *testing.T, fn func() error) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "output")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out, errs := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = f, f
	err = fn()
	os.Stdout, os.Stderr = out, errs
	if _, e := f.Seek(0, io.SeekStart); e != nil {
		t.Fatal(e)
	}
	text, _ := io.ReadAll(f)
	return string(text) + fmt.Sprint(err)
}

// noFileHolds looks into the journal and the dead letters.
func noFileHolds(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(credential)) {
			return errors.New("the credential is in " + path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
