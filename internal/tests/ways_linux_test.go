package tests

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/internal/httpfake"
)

// way is a destination, and what its server speaks. In config HOST and PORT are replaced, and S is "s" where it is secured.
type way struct {
	name     string
	protocol string // http (also WebSocket), octets, or the bytes that end a record of a stream
	config   string
	answer   func(w http.ResponseWriter, records int) // to a request whose records are taken; nil: 200
}

func (w *way) plain(host, port string) string {
	return strings.NewReplacer("httpS", "http", "wsS", "ws", "HOST", host, "PORT", port).Replace(w.config)
}

func (w *way) overTLS(host, port, ca string) string {
	config := strings.NewReplacer("httpS", "https", "wsS", "wss", "HOST", host, "PORT", port, "transport: tcp", "transport: tls").Replace(w.config)
	return fmt.Sprintf("%s, tls: {ca: %q}", config, ca)
}

// ways are all destinations that reach a server over HTTP, WebSocket or a TCP stream. Their servers here know nothing of the vendors' bodies but where a
// record begins, so that all can be broken in the same ways; that the bodies are understood is shown by tests with real servers, and by those of the packages.
var ways = []way{
	{name: "network_http", protocol: "http", config: `type: network_http, url: "httpS://HOST:PORT/in"`},
	{name: "network_http_array", protocol: "http", config: `type: network_http, url: "httpS://HOST:PORT/in", options: {payload: array, compression: zstd}`},
	{name: "loki", protocol: "http", config: `type: loki, url: "httpS://HOST:PORT"`},
	{name: "elasticsearch", protocol: "http", config: `type: elasticsearch, url: "httpS://HOST:PORT", options: {index: logs}`, answer: answerBulk},
	{name: "otlp", protocol: "http", config: `type: otlp, url: "httpS://HOST:PORT"`},
	{name: "splunk", protocol: "http", config: `type: splunk, url: "httpS://HOST:PORT", auth_token: key-of-splunk`,
		answer: func(w http.ResponseWriter, _ int) { fmt.Fprint(w, `{"text":"Success","code":0}`) }},
	{name: "datadog", protocol: "http", config: `type: datadog, url: "httpS://HOST:PORT", auth_token: key-of-datadog`,
		answer: func(w http.ResponseWriter, _ int) { w.WriteHeader(http.StatusAccepted) }},
	{name: "clickhouse", protocol: "http", config: `type: clickhouse, url: "httpS://HOST:PORT", options: {table: logs}`},
	{name: "victorialogs", protocol: "http", config: `type: victorialogs, url: "httpS://HOST:PORT"`},
	{name: "gelf_http", protocol: "http", config: `type: gelf, url: "httpS://HOST:PORT/gelf", options: {bulk: true}`,
		answer: func(w http.ResponseWriter, _ int) { w.WriteHeader(http.StatusAccepted) }},
	{name: "journald_http", protocol: "http", config: `type: journald, url: "httpS://HOST:PORT/upload"`},
	{name: "aws", protocol: "http", config: `type: async_cloud, service_type: aws, url: "httpS://HOST:PORT", credentials: {access_key_id: AKID, secret_access_key: secret-of-aws}, options: {region: eu-central-1, log_group: g, log_stream: s}`},
	{name: "gcp", protocol: "http", config: `type: async_cloud, service_type: gcp, url: "httpS://HOST:PORT", auth_token: key-of-google, options: {project: p}`},
	{name: "azure", protocol: "http", config: `type: async_cloud, service_type: azure, url: "httpS://HOST:PORT", auth_token: key-of-azure, options: {rule_id: r, stream: s}`,
		answer: func(w http.ResponseWriter, _ int) { w.WriteHeader(http.StatusNoContent) }},
	{name: "network_ws", protocol: "http", config: `type: network_ws, url: "wsS://HOST:PORT/in"`},
	{name: "network_socket", protocol: "\n", config: `type: network_socket, format: json-lines, host: HOST, port: PORT, options: {resend: 128KiB}`},
	{name: "syslog", protocol: octets, config: `type: syslog, host: HOST, port: PORT, options: {transport: tcp, resend: 128KiB}`},
	{name: "gelf", protocol: "\x00", config: `type: gelf, host: HOST, port: PORT, options: {transport: tcp, resend: 128KiB}`},
}

// octets is the protocol of syslog that writes its length before each record, as RFC 6587 says.
const octets = "octets"

// stream reports that nothing is ever answered.
func (w *way) stream() bool { return w.protocol != "http" }

func answerBulk(w http.ResponseWriter, records int) {
	fmt.Fprint(w, `{"errors":false,"items":[]}`)
}

// anyServer takes records and keeps their numbers and ids.
type anyServer struct {
	t        *testing.T
	addr     string
	protocol string
	present  func() *tls.Config // what connections are secured with; nil: they are not

	mu     sync.Mutex
	seen   map[int]map[string]int // by number, how often each id has come
	answer func(w http.ResponseWriter, records int)
	before func(w http.ResponseWriter, body []byte) (answered bool)
}

// startAny starts one on a protocol. present is asked for each connection.
func startAny(t *testing.T, protocol string, present func() *tls.Config) *anyServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &anyServer{t: t, addr: l.Addr().String(), protocol: protocol, present: present, seen: map[int]map[string]int{}}
	l = &securing{l, s}
	var wg sync.WaitGroup
	if protocol != "http" {
		wg.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				wg.Go(func() { s.read(c) })
			}
		})
		t.Cleanup(func() { _ = l.Close(); wg.Wait() })
		return s
	}
	server := &http.Server{Handler: s, ErrorLog: stdlog.New(io.Discard, "", 0)}
	wg.Go(func() { _ = server.Serve(l) })
	t.Cleanup(func() { _ = server.Close(); wg.Wait() })
	return s
}

// securing decides for each connection.
type securing struct {
	net.Listener
	s *anyServer
}

func (l *securing) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil || l.s.present == nil {
		return c, err
	}
	if conf := l.s.present(); conf != nil {
		return tls.Server(c, conf), nil
	}
	return c, nil
}

// read takes the records of a stream that have come whole.
func (s *anyServer) read(c net.Conn) {
	defer c.Close()
	var text []byte
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		text = append(text, buf[:n]...)
		if s.protocol == octets {
			text = s.readCounted(text)
		} else if end := bytes.LastIndex(text, []byte(s.protocol)); end >= 0 {
			s.take(text[:end])
			text = append([]byte(nil), text[end+len(s.protocol):]...)
		}
		if err != nil {
			return
		}
	}
}

// readCounted takes the records of which all is there, and returns the rest.
func (s *anyServer) readCounted(text []byte) []byte {
	for {
		length, record, ok := bytes.Cut(text, []byte(" "))
		n, err := strconv.Atoi(string(length))
		if !ok || len(record) < n {
			return text
		}
		if err != nil {
			if s.present == nil { // else it may be a client that begins with TLS
				s.t.Errorf("no length of a record: %.100q", text)
			}
			return nil
		}
		s.take(record[:n])
		text = record[n:]
	}
}

var (
	orderNumber = regexp.MustCompile(`order taken n=([0-9]+);`)
	recordID    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}:[0-9a-f]{16}`)
)

// take keeps numbers and ids. A body may have both twice for a record, one behind the other.
func (s *anyServer) take(body []byte) (records int) {
	var numbers []int
	var ids []string
	for _, m := range orderNumber.FindAllSubmatch(body, -1) {
		n, _ := strconv.Atoi(string(m[1]))
		if len(numbers) == 0 || numbers[len(numbers)-1] != n {
			numbers = append(numbers, n)
		}
	}
	for _, m := range recordID.FindAll(body, -1) {
		if len(ids) == 0 || ids[len(ids)-1] != string(m) {
			ids = append(ids, string(m))
		}
	}
	if len(numbers) != len(ids) {
		s.t.Errorf("%d numbers and %d ids: %.300q", len(numbers), len(ids), body)
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, n := range numbers {
		if s.seen[n] == nil {
			s.seen[n] = map[string]int{}
		}
		s.seen[n][ids[i]]++
	}
	return len(numbers)
}

func (s *anyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if websocket.IsWebSocketUpgrade(r) {
		s.serveWebSocket(w, r)
		return
	}
	body, err := httpfake.Body(r)
	if err != nil || r.Method == http.MethodGet {
		return
	}
	s.mu.Lock()
	before, answer := s.before, s.answer
	s.mu.Unlock()
	if before != nil && before(w, body) {
		return
	}
	if records := s.take(body); answer != nil {
		answer(w, records)
	}
}

func (s *anyServer) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	var u websocket.Upgrader
	c, err := u.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	for {
		_, text, err := c.ReadMessage()
		if err != nil {
			return
		}
		s.take(text)
	}
}

// intercept lets before answer requests of records, when it returns true; nil ends that.
func (s *anyServer) intercept(before func(w http.ResponseWriter, body []byte) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

// answersWith sets the answer to requests that are taken.
func (s *anyServer) answersWith(answer func(w http.ResponseWriter, records int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// count is how many numbers have come, and how many records more than once. A number has one id, however often it comes.
func (s *anyServer) count() (numbers, again int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, ids := range s.seen {
		if len(ids) != 1 {
			s.t.Errorf("record %d has come with the ids %v", n, ids)
		}
		for _, times := range ids {
			again += times - 1
		}
	}
	return len(s.seen), again
}

// logOrderNumbers logs records that an anyServer knows again, whatever the format.
func logOrderNumbers(log *hydra.Logger, from, count int) {
	app := log.Layer("app")
	for i := range count {
		digest := sha256.Sum256([]byte(strconv.Itoa(from + i))) // what does not become small when it is compressed
		app.Info(context.Background(), fmt.Sprintf("order taken n=%d;", from+i), slog.Int("n", from+i), slog.String("order", hex.EncodeToString(digest[:])))
	}
}
