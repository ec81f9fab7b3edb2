package redact_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/internal/httpfake"
)

// sink keeps what arrives at one receiver.
type sink struct {
	mu   sync.Mutex
	data []byte
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = append(s.data, p...)
	return len(p), nil
}

func (s *sink) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.data)
}

// receivers are servers for every type of destination of the root module, with the destinations that send to them.
type receivers struct {
	sinks map[string]*sink
	yaml  strings.Builder // the destinations
}

func (r *receivers) sink(name string) *sink {
	s := &sink{}
	r.sinks[name] = s
	return s
}

// add adds a destination. settings are those of YAML's flow style.
func (r *receivers) add(name, typ, settings string) {
	fmt.Fprintf(&r.yaml, "      - {name: %s, type: %q, level: DEBUG, %s}\n", name, typ, settings)
}

// startReceivers starts them.
func startReceivers(t *testing.T) *receivers {
	r := &receivers{sinks: map[string]*sink{}}
	r.files()
	r.streams(t)
	r.datagrams(t)
	r.http(t)
	r.ws(t)
	r.console(t)
	return r
}

// files has a file of each format, and of each shape of JSON.
func (r *receivers) files() {
	for _, f := range format.Names() {
		r.add("file-"+f, "file", fmt.Sprintf("path: %s.out, format: %s", f, f))
	}
	for _, s := range []string{"flat", "hydra", "slog", "zap", "zerolog", "otel", "ecs", "gcp", "datadog", "aws"} {
		r.add("schema-"+s, "file", fmt.Sprintf("path: schema-%s.out, format: json-lines, schema: %s", s, s))
	}
	r.add("async", "async_file", "path: async.out, format: json-lines, compress: none")
	r.add("none", "null", "format: json-lines")
	r.add("kept", "memory", "format: json-lines")
}

// listen accepts connections until the end of the test, and keeps what comes.
func (r *receivers) listen(t *testing.T, name, network, address string) net.Addr {
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	s := r.sink(name)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				_, _ = io.Copy(s, c)
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return l.Addr()
}

func (r *receivers) streams(t *testing.T) {
	port := func(a net.Addr) int { return a.(*net.TCPAddr).Port }
	for _, f := range format.Names() {
		framing := "newline"
		if strings.HasPrefix(f, "binary") {
			framing = "octet"
		}
		at := r.listen(t, "socket "+f, "tcp", "127.0.0.1:0")
		r.add("socket-"+f, "network_socket", fmt.Sprintf("host: 127.0.0.1, port: %d, format: %s, options: {framing: %s}", port(at), f, framing))
	}
	path := filepath.Join(t.TempDir(), "s")
	r.listen(t, "unix socket", "unix", path)
	r.add("unix", "network_socket", "format: json-lines, host: "+path)
	at := r.listen(t, "syslog", "tcp", "127.0.0.1:0")
	r.add("syslog-tcp", "syslog", fmt.Sprintf("host: 127.0.0.1, port: %d, options: {transport: tcp}", port(at)))
	at = r.listen(t, "gelf", "tcp", "127.0.0.1:0")
	r.add("gelf-tcp", "gelf", fmt.Sprintf("host: 127.0.0.1, port: %d, options: {transport: tcp}", port(at)))
}

func (r *receivers) packets(t *testing.T, name, network, address string) net.Addr {
	c, err := net.ListenPacket(network, address)
	if err != nil {
		t.Fatal(err)
	}
	if u, ok := c.(interface{ SetReadBuffer(int) error }); ok {
		_ = u.SetReadBuffer(8 << 20)
	}
	s := r.sink(name)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1<<17)
		for {
			n, _, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = s.Write(append(buf[:n:n], '\n'))
		}
	}()
	t.Cleanup(func() { _ = c.Close(); <-done })
	return c.LocalAddr()
}

func (r *receivers) datagrams(t *testing.T) {
	port := func(a net.Addr) int { return a.(*net.UDPAddr).Port }
	at := r.packets(t, "datagrams", "udp", "127.0.0.1:0")
	r.add("udp", "network_datagram", fmt.Sprintf("host: 127.0.0.1, port: %d, format: json-lines", port(at)))
	at = r.packets(t, "gelf datagrams", "udp", "127.0.0.1:0")
	r.add("gelf-udp", "gelf", fmt.Sprintf("host: 127.0.0.1, port: %d, options: {transport: udp, compress: none, chunk_size: 8192}", port(at)))
	path := filepath.Join(t.TempDir(), "j")
	r.packets(t, "journald", "unixgram", path)
	r.add("journald", "journald", "path: "+path)
}

func (r *receivers) http(t *testing.T) {
	for name, settings := range map[string]string{
		"network_http": "type: network_http, options: {payload: array}", "loki": "type: loki, options: {labels: {a: b}}", "elasticsearch": "type: elasticsearch, options: {index: logs-app}",
		"otlp": "type: otlp", "splunk": "type: splunk, auth_token: abcd", "datadog": "type: datadog, auth_token: abcd", "clickhouse": "type: clickhouse, options: {table: logs}",
		"victorialogs": "type: victorialogs", "aws": "type: async_cloud, service_type: aws, auth_token: abcd, options: {log_group: g, log_stream: s}",
		"gcp":   "type: async_cloud, service_type: gcp, auth_token: abcd, options: {project: p}",
		"azure": "type: async_cloud, service_type: azure, auth_token: abcd, options: {rule_id: r, stream: s}",
	} {
		s := r.sink(name)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			body, err := httpfake.Body(req)
			if err != nil {
				t.Error(err)
			}
			_, _ = s.Write(append(body, '\n'))
			if name == "elasticsearch" {
				fmt.Fprint(w, `{"errors":false}`)
			}
		}))
		t.Cleanup(srv.Close)
		typ, rest, _ := strings.Cut(settings, ", ")
		if rest != "" {
			rest = ", " + rest
		}
		r.add("http-"+name, strings.TrimPrefix(typ, "type: "), fmt.Sprintf("url: %q%s", srv.URL, rest))
	}
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		w.WriteHeader(http.StatusBadRequest)
	}))
	t.Cleanup(refusing.Close)
	r.add("refused", "network_http", fmt.Sprintf("url: %q, format: json-lines", refusing.URL))
}

func (r *receivers) ws(t *testing.T) {
	s := r.sink("network_ws")
	srv := httptest.NewServer(wsSink(s))
	t.Cleanup(srv.Close)
	r.add("ws", "network_ws", fmt.Sprintf("url: %q, format: json-lines", "ws"+strings.TrimPrefix(srv.URL, "http")))
}

// console makes the standard output a pipe until the logger is open: a console keeps its own copy of the descriptor.
func (r *receivers) console(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s, was := r.sink("console"), os.Stdout
	os.Stdout = out
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(s, in)
	}()
	t.Cleanup(func() {
		os.Stdout = was
		_ = out.Close()
		<-done
		_ = in.Close()
	})
	r.add("screen", "console", "format: colored, use_colors: true")
	r.add("async-screen", "async_console", "format: plain-text")
}

// needsPlugin are the types that plugins provide.
var needsPlugin = []string{"kafka", "nats", "amqp", "redis", "mqtt", "network"}

// missing are the types of the schema that no receiver is for.
func (r *receivers) missing() (list []string) {
	text := r.yaml.String()
	for _, typ := range config.DestinationTypes() {
		if !strings.Contains(text, "type: \""+typ+"\",") && !strings.Contains(strings.Join(needsPlugin, " ")+" ", typ+" ") {
			list = append(list, typ)
		}
	}
	return list
}
