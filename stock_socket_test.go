package hydra_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
)

// lineServer hands on the lines that arrive over TCP or a unix stream.
func lineServer(t *testing.T, network, address string) (string, <-chan string) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	lines, done := make(chan string, 100), make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for s := bufio.NewScanner(c); s.Scan(); {
			lines <- s.Text()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String(), lines
}

func TestASocketInAConfigurationIsDeliveredTo(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		address := "127.0.0.1:0"
		if network == "unix" {
			address = filepath.Join(t.TempDir(), "s")
		}
		address, lines := lineServer(t, network, address)
		where := "host: " + address
		if network == "tcp" {
			host, port, _ := net.SplitHostPort(address)
			where = fmt.Sprintf("host: %s\n        port: %s", host, port)
		}
		log, err := hydra.Parse([]byte(`
layers:
  app:
    destinations:
      - type: network_socket
        format: json-lines
        ` + where + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		log.Layer("app").Info(t.Context(), "hello over "+network)
		select {
		case line := <-lines:
			if !strings.Contains(line, `"message":"hello over `+network) {
				t.Errorf("%s", line)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("nothing arrived over %s", network)
		}
		if d := log.Health().Destinations[0]; !strings.Contains(d.Target, address) || d.Assurance == "" {
			t.Errorf("health says %q, %q", d.Target, d.Assurance)
		}
		if err := log.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

func TestASocketOptionThatCannotBeKeptIsRefused(t *testing.T) {
	for what, options := range map[string]string{
		"auth_token":     "type: network_socket, host: h, port: 1, auth_token: secret-token",
		"framing":        "type: network_socket, host: h, port: 1, options: {framing: frames}",
		"farming":        "type: network_socket, host: h, port: 1, options: {farming: octet}",
		"encrypted":      "type: network_datagram, host: h, port: 1, use_tls: true",
		"oversize":       "type: network_datagram, host: h, port: 1, options: {oversize: chop}",
		"id: true":       "type: network_ws, url: \"ws://h/\", options: {ack: id}",
		"not secured":    "type: network_ws, url: \"ws://h/\", use_tls: true",
		"transport":      "type: syslog, host: h, format: plain-text, options: {transport: relp}",
		"RFC 5425":       "type: syslog, host: h, format: plain-text, use_tls: true, options: {framing: newline}",
		"chunk_size":     "type: gelf, host: h, format: json-lines, options: {transport: tcp, chunk_size: 1000}",
		"this machine":   "type: journald, host: h",
		"host and port":  "type: gelf, url: \"http://h/\", options: {transport: udp}",
		"needs a url":    "type: gelf, host: h, options: {transport: http}",
		"unknown key":    "type: gelf, url: \"http://h/\", options: {chunk_size: 1000}",
		"no place for":   "type: gelf, host: h, format: json-lines, credentials: {user: u}",
		"needs a host\n": "type: gelf, format: json-lines, options: {transport: udp}",
	} {
		log, err := hydra.Parse([]byte("layers: {app: {destinations: [{" + options + "}]}}"))
		if err == nil {
			_ = log.Close()
		}
		if err == nil || !strings.Contains(err.Error()+" ", what) || strings.Contains(err.Error(), "secret-token") {
			t.Errorf("%s: %v", options, err)
		}
	}
}
