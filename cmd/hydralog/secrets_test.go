package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
)

const credential = "s3cret-0f-the-t3st"

// withCredentials has, by type, a destination with the credential in every option that can hold one. ADDR is a
// server that repeats all that it is told and takes nothing, HOST and PORT are parts of it, FILE is a file that holds the credential.
var withCredentials = map[string][]string{
	"network_http": {`url: "http://user:SECRET@ADDR/?key=SECRET", auth_token: SECRET, credentials: {X-Key: SECRET}`,
		`url: "http://ADDR/", credentials: {username: u, password: SECRET}`, `url: "http://ADDR/", options: {token_file: FILE}`},
	"network_ws":    {`url: "ws://ADDR/?key=SECRET", auth_token: SECRET, credentials: {X-Key: SECRET}`, `url: "ws://user:SECRET@ADDR/"`},
	"loki":          {`url: "http://user:SECRET@ADDR/", auth_token: SECRET, credentials: {X-Key: SECRET}`, `url: "http://ADDR/", options: {token_file: FILE}`},
	"elasticsearch": {`url: "http://user:SECRET@ADDR/", auth_token: SECRET, credentials: {X-Key: SECRET}, options: {index: i}`},
	"otlp":          {`url: "http://ADDR/", credentials: {Authorization: "Bearer SECRET"}`, `url: "http://user:SECRET@ADDR/", auth_token: SECRET`},
	"splunk":        {`url: "http://ADDR/", auth_token: SECRET`, `url: "http://ADDR/", options: {token_file: FILE}`},
	"datadog":       {`url: "http://ADDR/", auth_token: SECRET`, `url: "http://ADDR/", options: {token_file: FILE}`},
	"clickhouse":    {`url: "http://ADDR/?password=SECRET", credentials: {username: u, password: SECRET}, options: {table: t}`},
	"victorialogs":  {`url: "http://user:SECRET@ADDR/?key=SECRET", auth_token: SECRET, credentials: {X-Key: SECRET}`},
	"gelf":          {`url: "http://user:SECRET@ADDR/?key=SECRET", auth_token: SECRET, credentials: {X-Key: SECRET}`},
	"journald":      {`url: "http://user:SECRET@ADDR/?key=SECRET", auth_token: SECRET, credentials: {X-Key: SECRET}`},
	"async_cloud": {`service_type: gcp, url: "http://ADDR/", options: {project: p, token_file: FILE}`,
		`service_type: aws, url: "http://ADDR/", credentials: {access_key_id: AKID, secret_access_key: SECRET, session_token: SECRET}, options: {log_group: g, log_stream: s, region: r}`,
		`service_type: aws, url: "http://ADDR/", options: {log_group: g, log_stream: s, region: r, credentials_file: KEYS}`,
		`service_type: azure, url: "http://ADDR/", auth_token: SECRET, options: {rule_id: r, stream: s}`, `service_type: aws, url: "http://ADDR/", auth_token: SECRET, options: {log_group: g, log_stream: s, region: r}`},
	"network_socket":   {`host: HOST, port: PORT, auth_token: SECRET`},  // refused, without repeating it
	"syslog":           {`host: HOST, credentials: {password: SECRET}`}, // so is this
	"network_datagram": {`host: HOST, port: PORT, auth_token: SECRET`},  // and this
	"nats": {`url: "nats://user:SECRET@ADDR", options: {subject: s}`, `url: "nats://ADDR", auth_token: SECRET, options: {subject: s}`,
		`url: "nats://ADDR", credentials: {username: u, password: SECRET}, options: {subject: s}`, `url: "nats://ADDR", options: {subject: s, creds_file: FILE}`,
		`url: "nats://ADDR", options: {subject: s, nkey_file: FILE}`},
	"redis": {`url: "redis://user:SECRET@ADDR", options: {stream: s}`, `url: "redis://ADDR", credentials: {username: u, password: SECRET}, options: {stream: s}`,
		`url: "redis://:SECRET@ADDR/0?password=SECRET", options: {stream: s}`, `url: "redis://ADDR", auth_token: SECRET, options: {stream: s}`},
	"kafka": {`connection_string: "user:SECRET@ADDR", options: {topic: t}`, `options: {brokers: [ADDR], topic: t, sasl: plain}, credentials: {username: u, password: SECRET}`,
		`url: "kafka://user:SECRET@ADDR", options: {topic: t}`},
	"amqp": {`url: "amqp://user:SECRET@ADDR", options: {exchange: e}`, `url: "amqp://ADDR", credentials: {username: u, password: SECRET}, options: {exchange: e}`,
		`queue_url: "amqp://user:SECRET@ADDR", options: {exchange: e}`},
	"mqtt": {`url: "mqtt://user:SECRET@ADDR", options: {topic: t}`, `url: "mqtt://ADDR", credentials: {username: u, password: SECRET}, options: {topic: t}`},
}

// optionsWithout are the options of types that hold no credential.
var optionsWithout = strings.Fields(`
	id ref rotate_interval rotate_on_start rotate_zone max_age max_total_size overflow overflow_timeout
	account_id ack api_version bearer binary brokers bulk chunk_size client_id client_name compression content_type core database dedupe_window discard_unroutable
	exchange framing hostname identifier index labels log_group log_stream max_bytes max_len max_message max_packet_size max_pending message_field method
	no_deduplication no_metadata oversize payload ping_interval pipeline profile project project_id rate region resend resource routing_key rule_id sasl
	send_long service service_account settings single site source sourcetype stream_fields subject subprotocols table tags tenant time_field topic transport`)

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
	tokenFile := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(tokenFile, []byte(credential), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(keys, []byte("[default]\naws_access_key_id=AKID\naws_secret_access_key="+credential+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HYDRA_TEST_SECRET", credential)
	ways := map[string]string{"written": credential, "from the environment": "${HYDRA_TEST_SECRET}", "from a file": "${file:" + tokenFile + "}"}
	for typ, all := range withCredentials {
		for i, options := range all {
			for how, secret := range ways {
				if how != "written" && (i > 0 || !strings.Contains(options, "SECRET") || !strings.Contains(options, "http") && os.Getenv("HYDRA_FULL") == "") {
					continue
				}
				options := strings.ReplaceAll(options, ": SECRET", `: "SECRET"`)
				fill := strings.NewReplacer("ADDR", addr, "HOST", host, "PORT", port, "FILE", tokenFile, "KEYS", keys, "SECRET", secret)
				t.Run(fmt.Sprintf("%s_%d_%s", typ, i, how), func(t *testing.T) { searchCredential(t, "type: "+typ+", "+fill.Replace(options)) })
			}
		}
	}
}

// The keys of a destination, and the options of all types, by whether they can hold a credential. Those that can are in withCredentials.
var (
	holdCredentials = []string{"url", "auth_token", "credentials", "connection_string", "queue_url", "token_file", "credentials_file", "creds_file", "nkey_file"}
	holdNone        = strings.Fields(`
		type name level format stream use_colors path max_size backup_count rotate_at rotate_on_signal compress name_format latest time_after_ext file_mode
		owner shared host port use_tls tls timeout max_connections service_type connection_probe probe_method http_payload_encoder http_batch_size
		http_batch_flush_interval use_real_websocket_transport retry_count retry_delay max_queue_size buffer_size flush_interval fallback ordered dead_letter
		schema keys precision zone rfc3164 extensions options extra`)
)

// TestEachKeyAndOptionIsKnownToHoldACredentialOrNot reads the names from the structs of configurations and drivers themselves, so that a new
// one is not forgotten.
func TestEachKeyAndOptionIsKnownToHoldACredentialOrNot(t *testing.T) {
	var all strings.Builder
	for _, entries := range withCredentials {
		all.WriteString(strings.Join(entries, "\n"))
	}
	for _, name := range holdCredentials {
		if !strings.Contains(all.String(), name+": ") {
			t.Errorf("%s can hold a credential, and none is tried", name)
		}
	}
	names := optionNames(t)
	d := reflect.TypeFor[config.Destination]()
	for i := range d.NumField() {
		name, _, _ := strings.Cut(d.Field(i).Tag.Get("json"), ",")
		names[name] = "config.Destination"
	}
	for name, where := range names {
		if !slices.Contains(holdCredentials, name) && !slices.Contains(holdNone, name) && !slices.Contains(optionsWithout, name) {
			t.Errorf("%q of %s is in no list: can it hold a credential?", name, where)
		}
	}
	for _, name := range slices.Concat(holdCredentials, holdNone, optionsWithout) {
		if names[name] == "" {
			t.Errorf("there is no %q any more", name)
		}
	}
}

// optionNames reads the structs that config.DecodeOptions fills.
func optionNames(t *testing.T) map[string]string {
	t.Helper()
	names := map[string]string{}
	paths, err := filepath.Glob("../../stock*.go")
	plugins, err2 := filepath.Glob("../../plugin/*dest/options.go")
	if err := errors.Join(err, err2); err != nil || len(paths) < 4 || len(plugins) < 5 {
		t.Fatal(err, paths, plugins)
	}
	for _, path := range slices.Concat(paths, plugins) {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "stock_processors.go") {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.StructType)
			if ok {
				addFields(names, filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path), s)
			}
			return true
		})
	}
	return names
}

var wordEnd = regexp.MustCompile("([a-z0-9])([A-Z])")

func addFields(names map[string]string, where string, s *ast.StructType) {
	for _, field := range s.Fields.List {
		tag := ""
		if field.Tag != nil {
			tag = reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json")
		}
		for _, id := range field.Names {
			if !id.IsExported() || tag == "-" {
				continue
			}
			name := tag
			if name == "" {
				name = strings.ToLower(wordEnd.ReplaceAllString(id.Name, "${1}_${2}"))
			}
			names[name] = where
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
	text := fmt.Sprintf("name: t\njournal: {dir: %q}\nclose_timeout: 0.2s\nlayers: {app: {destinations: [{retry_count: 0, timeout: 0.2, %s}]}}\n", state, destination)
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
	log, err := hydra.Open(path, everyType(hydra.WithEvents(func(ev hydra.Event) { fmt.Fprintln(&events, ev.Text, ev.Err) }))...)
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
