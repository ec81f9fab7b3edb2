package tests

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/hydra-logger/hydra"
)

// nameServer answers queries for addresses: with a failure, or with the loopback address.
type nameServer struct {
	code  atomic.Int32 // of the answer; success: 127.0.0.1
	asked atomic.Int32
}

// useNameServer makes the program ask a name server of ours until the test ends.
func useNameServer(t *testing.T) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{}
	var wg sync.WaitGroup
	wg.Go(func() { s.serve(conn) })
	usual := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	t.Cleanup(func() { net.DefaultResolver = usual; _ = conn.Close(); wg.Wait() })
	return s
}

func (s *nameServer) serve(conn net.PacketConn) {
	buf := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) == 0 {
			continue
		}
		s.asked.Add(1)
		q := m.Questions[0]
		m.Header.Response, m.Header.RCode, m.Additionals = true, dnsmessage.RCode(s.code.Load()), nil
		if m.Header.RCode == dnsmessage.RCodeSuccess && q.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
				Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
		}
		if answer, err := m.Pack(); err == nil {
			_, _ = conn.WriteTo(answer, from)
		}
	}
}

func TestAHostWithoutAnAddressIsRetriedNamedAndReachedOnceItHasOne(t *testing.T) {
	for _, way := range ways {
		for _, code := range []dnsmessage.RCode{dnsmessage.RCodeNameError, dnsmessage.RCodeServerFailure} {
			if code == dnsmessage.RCodeServerFailure && !full() && way.name != "network_http" {
				continue
			}
			t.Run(way.name+"_"+code.String(), func(t *testing.T) {
				names, s := useNameServer(t), startAny(t, way.protocol, nil)
				s.answersWith(way.answer)
				names.code.Store(int32(code))
				_, port, _ := net.SplitHostPort(s.addr)
				log := openHTTP(t, t.TempDir(), way.plain("collector.test", port))
				logOrderNumbers(log, 0, 100)
				fails(t, log, "collector.test")
				names.code.Store(int32(dnsmessage.RCodeSuccess))
				arriveAt(t, log, s, 100)
			})
		}
	}
}

// fails waits until a delivery has failed again, and checks that health says what is wrong, and that all is kept.
func fails(t *testing.T, log *hydra.Logger, why string) {
	t.Helper()
	waitFor(t, "a delivery fails", func() bool { return log.Health().Destinations[0].Retries >= 2 })
	d := log.Health().Destinations[0]
	if !strings.Contains(d.LastError, why) || d.Ledger.Pending != 100 || d.Ledger.Delivered != 0 {
		t.Errorf("health says %q, %d pending, %d delivered", d.LastError, d.Ledger.Pending, d.Ledger.Delivered)
	}
}

func arriveAt(t *testing.T, log *hydra.Logger, s *anyServer, count uint64) {
	t.Helper()
	closeAll(t, log)
	balanced(t, log, count, 0)
	waitFor(t, "the records are there", func() bool { n, _ := s.count(); return uint64(n) >= count })
}

const proxyVariable = "HYDRA_TEST_PROXY_CHILD"

// TestAProxyOfTheEnvironmentIsUsed runs itself again, since a program reads the environment once.
func TestAProxyOfTheEnvironmentIsUsed(t *testing.T) {
	if config := os.Getenv(proxyVariable); config != "" {
		log := openHTTP(t, t.TempDir(), config)
		logOrderNumbers(log, 0, 100)
		closeAll(t, log)
		balanced(t, log, 100, 0)
		return
	}
	store, server := startStore(t)
	ws := startAny(t, "http", nil)
	behind := map[string]string{"collector.test": server.Listener.Addr().String(), "socket.test": ws.addr}
	var asked sync.Map // what, and the credentials for the proxy
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method+" "+r.URL.Host, r.Header.Get("Proxy-Authorization"))
		forward := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.Out.URL.Host = behind[p.In.URL.Host] }}
		forward.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	for config, want := range map[string]string{
		`type: network_http, url: "http://collector.test/in"`: "POST collector.test",
		`type: network_ws, url: "ws://socket.test/in"`:        "GET socket.test",
	} {
		with := strings.Replace(proxy.URL, "http://", "http://user:s3cret@", 1)
		cmd := exec.Command(os.Args[0], "-test.run=^TestAProxyOfTheEnvironmentIsUsed$", "-test.v")
		cmd.Env = append(os.Environ(), "HTTP_PROXY="+with, "HTTPS_PROXY="+with, "NO_PROXY=", proxyVariable+"="+config)
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), "s3cret") {
			t.Errorf("%v: %s", err, out)
		}
		if auth, ok := asked.Load(want); !ok || auth == "" {
			t.Errorf("%s: the proxy was not asked for %q with credentials", config, want)
		}
	}
	got, _ := ws.count()
	if n, _, _ := store.count(); n != 100 || got != 100 {
		t.Errorf("%d records and %d messages came through the proxy", n, got)
	}
}
