package tests

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/consumer/consumertest"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination/wsdest"
	"github.com/hydra-logger/hydra/internal/faultproxy"
)

// realServer is a server, and how a logger reaches it: through a proxy that refuses while the server is to be dead, or, where die and
// revive are set, as it is.
type realServer struct {
	name        string
	addr        string
	config      func(addr string) string
	arrived     func(t *testing.T) map[int]bool // numbers of the records that it has
	die, revive func()
	rate        int // of arrival, records a second; 0: deadRate
}

// stands puts a proxy before the server, unless it can be made to die.
func (s *realServer) stands(t *testing.T) (addr string) {
	if s.die != nil {
		return s.addr
	}
	proxy := faultproxy.Start(t, s.addr)
	s.die = func() { proxy.Set(faultproxy.Fault{Refuse: true}); proxy.Reset() }
	s.revive = func() { proxy.Set(faultproxy.Fault{}) }
	return proxy.Addr()
}

// realServers starts all that there are here.
func realServers(t *testing.T) []realServer {
	var all []realServer
	all = append(all, victoriaServers(t)...)
	all = append(all, collectorServer(t), webSocketServer(t))
	for _, start := range []func(t *testing.T) realServer{clickHouseServer, rsyslogServer, journaldServer} {
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

func webSocketServer(t *testing.T) realServer {
	s := newWSServer(t, wsdest.AckPing)
	return realServer{name: "websocket", addr: s.address,
		config: func(addr string) string { return fmt.Sprintf("type: network_ws, url: \"ws://%s/logs\"", addr) },
		arrived: func(*testing.T) map[int]bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return maps.Clone(s.numbers)
		}}
}

// journaldServer is killed and started again: nothing can stand between.
func journaldServer(t *testing.T) realServer {
	if why := noJournald(); why != "" {
		t.Log("without journald: " + why)
		return realServer{}
	}
	j := newJournald(t)
	return realServer{name: "journald-socket", die: j.stop, revive: j.start, rate: 200, // it takes a few thousand a second at best
		config: func(string) string {
			return fmt.Sprintf("type: journald, path: %q, options: {identifier: dead}", j.socket())
		},
		arrived: func(t *testing.T) map[int]bool {
			seen := map[int]bool{}
			for _, e := range entries(t, j.root, "SYSLOG_IDENTIFIER=dead", "RUN="+deadRun("journald-socket")) {
				if n, err := strconv.Atoi(fmt.Sprint(e["N"])); err == nil {
					seen[n] = true
				}
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
	deadRate  = 1000 // records a second: ten times as much is asked for, of two processors that others may use too
	deadPause = 50 * time.Millisecond
)

// drained is how many times faster than they came what waited must be delivered.
const drained = 10

// TestARealServerThatIsDeadGetsAllOfItTenTimesAsFastAsItCameAlsoByTheNextStart has all servers dead at once, each twice: the second time
// the logger is closed meanwhile, and opened again when the server is back. They drain one after the other, while the others rest, so that what is
// measured is a server and not how many there are. Drained means that the server has acknowledged all, or, where its protocol has no
// acknowledgement, that the kernel has taken all; that all is there is checked in any case.
func TestARealServerThatIsDeadGetsAllOfItTenTimesAsFastAsItCameAlsoByTheNextStart(t *testing.T) {
	o := &outage{dead: time.Second}
	if full() {
		o.dead = 10 * time.Second
	}
	servers := realServers(t)
	o.logged.Add(len(servers))
	o.drained.Add(len(servers))
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			beDead(t, s, o)
		})
	}
}

// outage is what the servers have in common.
type outage struct {
	dead    time.Duration
	logged  sync.WaitGroup // servers for which all is logged
	turn    sync.Mutex     // of the server that drains
	drained sync.WaitGroup // servers that have
}

func beDead(t *testing.T, s realServer, o *outage) {
	logged, drainedOnce := sync.OnceFunc(o.logged.Done), sync.OnceFunc(o.drained.Done)
	defer drainedOnce() // whatever happens: the others wait
	defer logged()
	addr, dir := s.stands(t), t.TempDir()
	log := openHTTP(t, dir, s.config(addr))
	logDead(log, s.name, 0, 500)
	first := 1
	if s.addr == "" {
		first = 500 // what a journald that is killed has not read is lost: there are no acknowledgements
	}
	waitFor(t, "the first records arrive", func() bool { return len(s.arrived(t)) >= first })
	s.die()
	count, rate := 500, cmp.Or(s.rate, deadRate)
	part := rate * int(deadPause) / int(time.Second)
	for end := time.Now().Add(o.dead); time.Now().Before(end); time.Sleep(deadPause) {
		logDead(log, s.name, count, part)
		count += part
	}
	retries := log.Health().Destinations[0].Retries
	if most := 20 + 5*int(o.dead/time.Second); retries < 2 || int(retries) > most {
		t.Errorf("%d retries within %v, at most %d are due", retries, o.dead, most)
	}
	logged()
	o.logged.Wait()
	o.turn.Lock()
	pending := int(log.Health().Destinations[0].Ledger.Pending)
	s.revive()
	began := time.Now()
	mustFlushIn(t, log, "it is back")
	took := time.Since(began)
	o.turn.Unlock()
	drainedOnce()
	o.drained.Wait()
	times := float64(pending) / took.Seconds() / float64(rate)
	t.Logf("%d records, dead for %v, %d retries; %d drained within %v, %.0f times as fast as they came", count, o.dead, retries, pending, took.Round(time.Millisecond), times)
	if full() && times < drained {
		t.Errorf("%d records took %v", pending, took)
	}
	hasAll(t, s, count)
	if s.name == "datadog" { // VictoriaLogs never answers a request in which a value is no text, as the record of how the last run ended has some
		closeAll(t, log)
		return
	}
	s.die()
	retries = log.Health().Destinations[0].Retries
	logDead(log, s.name, count, part)
	count += part
	waitFor(t, "a delivery fails", func() bool { return log.Health().Destinations[0].Retries > retries })
	closeDead(t, log)
	s.revive()
	log = openHTTP(t, dir, s.config(addr))
	hasAll(t, s, count)
	closeAll(t, log)
}

func hasAll(t *testing.T, s realServer, count int) {
	t.Helper()
	waitFor(t, fmt.Sprintf("all %d records are there", count), func() bool { return len(s.arrived(t)) >= count })
	for n, seen := 0, s.arrived(t); n < count; n++ {
		if !seen[n] {
			t.Fatalf("record %d is lost", n)
		}
	}
}

// closeDead closes a logger whose server is dead: in time, and with a report.
func closeDead(t *testing.T, log *hydra.Logger) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := log.Shutdown(ctx)
	pending := log.Health().Destinations[0].Ledger.Pending
	if took := time.Since(began); took > 10*time.Second || err == nil || pending == 0 || !strings.Contains(err.Error(), fmt.Sprint(pending)) {
		t.Errorf("after %v: %d pending, %v", took, pending, err)
	}
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
