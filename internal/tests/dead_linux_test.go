package tests

import (
	"context"
	"fmt"
	"log/slog"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/consumer/consumertest"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination/wsdest"
	"github.com/hydra-logger/hydra/internal/faultproxy"
)

// realServer is a server, and how a logger reaches it.
type realServer struct {
	name    string
	addr    string
	config  func(addr string) string
	arrived func(t *testing.T) map[int]bool // numbers of the records that it has
}

// realServers starts all that there are here.
func realServers(t *testing.T) []realServer {
	var all []realServer
	all = append(all, victoriaServers(t)...)
	all = append(all, collectorServer(t), webSocketServer(t))
	for _, start := range []func(t *testing.T) realServer{clickHouseServer, rsyslogServer} {
		if s := start(t); s.name != "" { // "": it is not installed
			all = append(all, s)
		}
	}
	return all
}

func hasProgram(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

func victoriaServers(t *testing.T) []realServer {
	v := startVictoriaLogs(t)
	var all []realServer
	for name, in := range victoriaIntakes {
		runName := deadRun(name)
		all = append(all, realServer{name: name, addr: v.in(name),
			config: func(addr string) string { return intake(name, addr) },
			arrived: func(t *testing.T) map[int]bool {
				seen := map[int]bool{}
				for _, r := range v.query(fmt.Sprintf("%s | fields %q", in.finds(runName), in.named("n"))) {
					if n, err := strconv.Atoi(r[in.named("n")]); err == nil {
						seen[n] = true
					}
				}
				return seen
			}})
	}
	return all
}

func deadRun(name string) string { return "dead-" + name }

func collectorServer(t *testing.T) realServer {
	sink := new(consumertest.LogsSink)
	addr := startReceiver(t, sink)
	return realServer{name: "collector", addr: addr, config: func(addr string) string { return fmt.Sprintf("type: otlp, url: \"http://%s\"", addr) },
		arrived: func(*testing.T) map[int]bool {
			seen := map[int]bool{}
			for _, l := range sink.AllLogs() {
				for i := range l.ResourceLogs().Len() {
					scopes := l.ResourceLogs().At(i).ScopeLogs()
					for j := range scopes.Len() {
						records := scopes.At(j).LogRecords()
						for k := range records.Len() {
							if n, ok := records.At(k).Attributes().Get("n"); ok {
								seen[int(n.Int())] = true
							}
						}
					}
				}
			}
			return seen
		}}
}

func clickHouseServer(t *testing.T) realServer {
	if !hasProgram("clickhouse-server") {
		t.Log("without ClickHouse: clickhouse-server is not installed (Debian package clickhouse-server)")
		return realServer{}
	}
	c := startClickHouse(t)
	c.query("CREATE TABLE dead (timestamp String, level String, message String, id String, n UInt32) ENGINE = MergeTree ORDER BY id")
	return realServer{name: "clickhouse", addr: c.addr,
		config: func(addr string) string {
			return fmt.Sprintf("type: clickhouse, url: \"http://%s\", credentials: {username: writer, password: secret-key}, options: {table: dead, no_deduplication: true}", addr)
		},
		arrived: func(*testing.T) map[int]bool {
			seen := map[int]bool{}
			for text := range strings.FieldsSeq(c.query("SELECT DISTINCT n FROM dead WHERE message LIKE 'order taken%'")) {
				n, _ := strconv.Atoi(text)
				seen[n] = true
			}
			return seen
		}}
}

func rsyslogServer(t *testing.T) realServer {
	if !hasProgram("/usr/sbin/rsyslogd") {
		t.Log("without rsyslog: rsyslogd is not installed (Debian package rsyslog)")
		return realServer{}
	}
	r := newRsyslog(t, "", "")
	return realServer{name: "rsyslog", addr: r.address(),
		config: func(addr string) string {
			host, port, _ := strings.Cut(addr, ":")
			return fmt.Sprintf("type: syslog, host: %s, port: %s, options: {transport: tcp}", host, port)
		},
		arrived: func(t *testing.T) map[int]bool {
			seen := map[int]bool{}
			for n := range numbers(t, r.text()) {
				seen[n] = true
			}
			return seen
		}}
}

// webSocketServer keeps ids alone: they are numbered as they come.
func webSocketServer(t *testing.T) realServer {
	s := newWSServer(t, wsdest.AckPing)
	return realServer{name: "websocket", addr: s.address,
		config: func(addr string) string { return fmt.Sprintf("type: network_ws, url: \"ws://%s/logs\"", addr) },
		arrived: func(*testing.T) map[int]bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			seen := map[int]bool{}
			for range s.ids {
				seen[len(seen)] = true
			}
			return seen
		}}
}

func logDead(log *hydra.Logger, name string, from, count int) {
	app := log.Layer("app")
	for i := from; i < from+count; i++ {
		n := slog.Int("n", i)
		if name == "datadog" { // of VictoriaLogs, which takes text alone
			n = slog.String("n", strconv.Itoa(i))
		}
		app.Info(context.Background(), fmt.Sprintf("order taken n=%d", i), slog.String("run", deadRun(name)), n)
	}
}

const (
	deadPart  = 100 // records at once
	deadPause = 50 * time.Millisecond
	deadRate  = deadPart * int(time.Second/deadPause) // records a second
)

// TestARealServerThatIsDeadGetsWhatWasLoggedMeanwhileAlsoByTheNextStart has all servers dead at once: between each and its
// logger is a proxy that refuses. The logger is closed during that, and opened again when the server is back.
func TestARealServerThatIsDeadGetsWhatWasLoggedMeanwhileAlsoByTheNextStart(t *testing.T) {
	dead := time.Second
	if full() {
		dead = 10 * time.Second
	}
	for _, s := range realServers(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			beDead(t, s, dead)
		})
	}
}

func beDead(t *testing.T, s realServer, dead time.Duration) {
	proxy, dir := faultproxy.Start(t, s.addr), t.TempDir()
	log := openHTTP(t, dir, s.config(proxy.Addr()))
	logDead(log, s.name, 0, 500)
	waitFor(t, "the first records arrive", func() bool { return len(s.arrived(t)) > 0 })
	proxy.Set(faultproxy.Fault{Refuse: true})
	proxy.Reset()
	count := 500
	for end := time.Now().Add(dead); time.Now().Before(end); time.Sleep(deadPause) {
		logDead(log, s.name, count, deadPart)
		count += deadPart
	}
	retries := log.Health().Destinations[0].Retries
	if most := 20 + 5*int(dead/time.Second); retries < 2 || int(retries) > most {
		t.Errorf("%d retries within %v, at most %d are due", retries, dead, most)
	}
	pending, began := int(log.Health().Destinations[0].Ledger.Pending), time.Now()
	if s.name == "datadog" { // VictoriaLogs never answers a request in which a value is no text, as the record of how the last run ended has some
		proxy.Set(faultproxy.Fault{})
	} else {
		pending = closeDead(t, log)
		proxy.Set(faultproxy.Fault{})
		began = time.Now()
		log = openHTTP(t, dir, s.config(proxy.Addr()))
	}
	defer closeAll(t, log)
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	if err := log.Flush(ctx); err != nil {
		t.Fatalf("%v: %s", err, log.Health().Destinations[0].LastError)
	}
	took := time.Since(began)
	waitFor(t, fmt.Sprintf("all %d records are there", count), func() bool { return len(s.arrived(t)) >= count })
	for n, seen := 0, s.arrived(t); n < count; n++ {
		if !seen[n] {
			t.Fatalf("record %d is lost", n)
		}
	}
	rate := float64(pending) / took.Seconds()
	t.Logf("%d records, dead for %v, %d retries; %d drained within %v, at %.0f times the rate of arrival", count, dead, retries, pending, took.Round(time.Millisecond), rate/float64(deadRate))
	if full() && rate < float64(deadRate) { // with all others at the same time, on any machine
		t.Errorf("%d records took %v", pending, took)
	}
}

// closeDead closes a logger whose server is dead: in time, and with a report. It returns how many records are left.
func closeDead(t *testing.T, log *hydra.Logger) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := log.Shutdown(ctx)
	pending := log.Health().Destinations[0].Ledger.Pending
	if took := time.Since(began); took > 10*time.Second || err == nil || pending == 0 || !strings.Contains(err.Error(), fmt.Sprint(pending)) {
		t.Errorf("after %v: %d pending, %v", took, pending, err)
	}
	return int(pending)
}

// TestNothingIsLostBetweenUsAndTheCollectorWhateverTheNetworkDoes is what TestVictoriaLogsBehindABadNetworkMissesNothing is.
func TestNothingIsLostBetweenUsAndTheCollectorWhateverTheNetworkDoes(t *testing.T) {
	s := collectorServer(t)
	proxy := faultproxy.Start(t, s.addr)
	log := openHTTP(t, t.TempDir(), s.config(proxy.Addr()))
	count := 0
	for _, fault := range []faultproxy.Fault{{Refuse: true}, {CutRequest: 300}, {CutResponse: 5}, {Silent: true}, {Hang: true}, {BlackHole: true}, {HalfClose: true}} {
		retries := log.Health().Destinations[0].Retries
		proxy.Set(fault)
		proxy.Reset()
		logDead(log, s.name, count, 300)
		count += 300
		waitFor(t, "a delivery fails", func() bool { return log.Health().Destinations[0].Retries > retries })
		proxy.Set(faultproxy.Fault{})
	}
	closeAll(t, log)
	balanced(t, log, uint64(count), 0)
	if n := len(s.arrived(t)); n != count {
		t.Errorf("%d records of %d", n, count)
	}
}
