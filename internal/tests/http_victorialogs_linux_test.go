package tests

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/internal/faultproxy"
)

// VictoriaLogs is built from its module, in a folder that is kept: it takes a minute.
const (
	victoriaModule  = "github.com/VictoriaMetrics/VictoriaMetrics"
	victoriaVersion = "v1.121.0"
)

var victoria struct {
	once sync.Once
	path string
	err  error
}

// buildVictoriaLogs returns the path of the program.
func buildVictoriaLogs(t *testing.T) string {
	t.Helper()
	victoria.once.Do(func() { victoria.path, victoria.err = makeVictoriaLogs() })
	if victoria.err != nil {
		t.Skipf("VictoriaLogs can't be built: %v", victoria.err)
	}
	return victoria.path
}

func makeVictoriaLogs() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "hydra-logger-tests")
	path := filepath.Join(dir, "victoria-logs-"+victoriaVersion)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	temp, err := os.MkdirTemp(dir, "build")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	if err := os.WriteFile(filepath.Join(temp, "go.mod"), []byte("module x\n"), 0o600); err != nil {
		return "", err
	}
	text, err := run(temp, "go", "mod", "download", "-json", victoriaModule+"@"+victoriaVersion)
	if err != nil {
		return "", err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal([]byte(text), &module); err != nil {
		return "", err
	}
	built := filepath.Join(temp, "victoria-logs")
	if _, err := run(module.Dir, "go", "build", "-o", built, "./app/victoria-logs"); err != nil {
		return "", err
	}
	return path, os.Rename(built, path)
}

func run(dir, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=readonly -buildvcs=false")
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%s %s: %w: %.500s", name, strings.Join(args, " "), err, exit.Stderr)
	}
	return string(out), err
}

// victoriaLogs is a running server.
type victoriaLogs struct {
	t    *testing.T
	addr string
	dir  string
	p    *process
}

func startVictoriaLogs(t *testing.T) *victoriaLogs {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v := &victoriaLogs{t: t, addr: l.Addr().String(), dir: t.TempDir()}
	_ = l.Close()
	v.start(buildVictoriaLogs(t))
	return v
}

func (v *victoriaLogs) start(path string) {
	v.t.Helper()
	v.p = startProcess(v.t, filepath.Join(v.dir, "log"), path, "-storageDataPath="+filepath.Join(v.dir, "data"), "-httpListenAddr="+v.addr)
	waitFor(v.t, "VictoriaLogs answers", func() bool {
		resp, err := http.Get("http://" + v.addr + "/health")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	v.t.Cleanup(http.DefaultClient.CloseIdleConnections)
}

// query returns the records that a query finds.
func (v *victoriaLogs) query(query string) []map[string]string {
	v.t.Helper()
	resp, err := http.PostForm("http://"+v.addr+"/select/logsql/query", url.Values{"query": {query}, "limit": {"100000"}})
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		v.t.Fatalf("%s: %s", query, text)
	}
	var found []map[string]string
	s := bufio.NewScanner(resp.Body)
	for s.Buffer(nil, 1<<20); s.Scan(); {
		record := map[string]string{}
		if err := json.Unmarshal(s.Bytes(), &record); err != nil {
			v.t.Fatalf("%s: %v", s.Text(), err)
		}
		found = append(found, record)
	}
	return found
}

// victoriaIntakes are destinations by the intake of VictoriaLogs that they use; %s is host:port.
var victoriaIntakes = map[string]string{
	"victorialogs":  `type: victorialogs, url: "http://%s"`,
	"elasticsearch": `type: elasticsearch, url: "http://%s/insert/elasticsearch/?_msg_field=message&_time_field=@timestamp&_stream_fields=layer", options: {index: logs-app}`,
	"loki":          `type: loki, url: "http://%s/insert/loki/api/v1/push?_msg_field=message"`,
	"datadog":       `type: datadog, url: "http://%s/insert/datadog/api/v2/logs", auth_token: dd-key, keys: {timestamp: date}`,
	"otlp":          `type: otlp, url: "http://%s/insert/opentelemetry/v1/logs"`,
	"network_http":  `type: network_http, url: "http://%s/insert/jsonline?_time_field=timestamp&_msg_field=message&_stream_fields=layer", options: {compression: zstd}`,
}

// intake describes a destination.
func intake(name, addr string) string {
	return fmt.Sprintf(victoriaIntakes[name], addr)
}

// logOrders logs what is looked for afterwards. The Datadog intake of VictoriaLogs refuses values that are not text, and a
// timestamp that is not a number.
func logOrders(log *hydra.Logger, runName string, from, count int) {
	app := log.Layer("app")
	for i := from; i < from+count; i++ {
		ctx := correlation.Ensure(context.Background(), fmt.Sprintf("flow-%d", i))
		attrs := []slog.Attr{slog.String("run", runName), slog.Int("n", i), slog.Float64("price", 1.5), slog.Bool("paid", true),
			slog.Group("customer", slog.String("name", "Ä"))}
		if strings.Contains(runName, "datadog") {
			attrs = []slog.Attr{attrs[0], slog.String("n", fmt.Sprint(i)), slog.String("price", "1.5"), slog.String("paid", "true"),
				slog.String("customer.name", "Ä")}
		}
		app.Info(ctx, fmt.Sprintf("order %d \"taken\"\n", i), attrs...)
	}
}

func TestVictoriaLogsFindsEveryRecordOfEveryIntakeUnderItsFieldNames(t *testing.T) {
	v := startVictoriaLogs(t)
	const count = 1000
	for name := range victoriaIntakes {
		t.Run(name, func(t *testing.T) {
			log := openHTTP(t, t.TempDir(), intake(name, v.addr))
			logOrders(log, name, 0, count)
			closeAll(t, log)
			balanced(t, log, count, 0)
			var found []map[string]string
			waitFor(t, "all records are found", func() bool {
				found = v.query("run:=" + name)
				return len(found) >= count
			})
			seen := map[string]bool{}
			for _, r := range found {
				n := r["n"]
				seen[n] = true
				if r["_msg"] != fmt.Sprintf("order %s \"taken\"\n", n) || r["correlation_id"] != "flow-"+n || r["price"] != "1.5" || r["paid"] != "true" ||
					r["customer.name"] != "Ä" || r["layer"] != "app" {
					t.Fatalf("found %v", r)
				}
				at, err := time.Parse(time.RFC3339Nano, r["_time"])
				if err != nil || time.Since(at) > time.Hour || at.After(time.Now()) {
					t.Fatalf("the time is %s", r["_time"])
				}
			}
			if len(seen) != count || len(found) != count {
				t.Errorf("%d records of %d numbers", len(found), len(seen))
			}
		})
	}
}

func TestVictoriaLogsBehindABadNetworkMissesNothing(t *testing.T) {
	v := startVictoriaLogs(t)
	const part = 400
	for name := range victoriaIntakes {
		t.Run(name, func(t *testing.T) {
			proxy := faultproxy.Start(t, v.addr)
			log := openHTTP(t, t.TempDir(), intake(name, proxy.Addr()))
			runName := "fault-" + name
			logOrders(log, runName, 0, part)
			from := part
			for _, fault := range []faultproxy.Fault{{Refuse: true}, {CutRequest: 300}, {CutResponse: 5}, {Silent: true}, {Hang: true}} {
				retries := log.Health().Destinations[0].Retries
				proxy.Set(fault)
				proxy.Reset()
				logOrders(log, runName, from, part)
				from += part
				waitFor(t, "a delivery fails", func() bool { return log.Health().Destinations[0].Retries > retries })
				proxy.Set(faultproxy.Fault{})
			}
			closeAll(t, log)
			balanced(t, log, uint64(from), 0)
			seen := map[string]bool{}
			waitFor(t, "all records are found", func() bool {
				for _, r := range v.query("run:=" + runName + " | fields n") {
					seen[r["n"]] = true
				}
				return len(seen) >= from
			})
			if len(seen) != from {
				t.Errorf("%d records of %d", len(seen), from)
			}
		})
	}
}

func TestVictoriaLogsThatIsDeadForAWhileGetsWhatWasLoggedMeanwhile(t *testing.T) {
	v := startVictoriaLogs(t)
	log := openHTTP(t, t.TempDir(), intake("victorialogs", v.addr))
	dead := time.Second
	if os.Getenv("HYDRA_FULL") != "" {
		dead = 10 * time.Second
	}
	logOrders(log, "dead", 0, 500)
	v.p.stop(syscall.SIGTERM)
	count := 500
	for end := time.Now().Add(dead); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		logOrders(log, "dead", count, 100)
		count += 100
	}
	v.start(buildVictoriaLogs(t))
	closeAll(t, log)
	balanced(t, log, uint64(count), 0)
	seen := map[string]bool{}
	waitFor(t, "all records are found", func() bool {
		for _, r := range v.query("run:=dead | fields n") {
			seen[r["n"]] = true
		}
		return len(seen) >= count
	})
	t.Logf("%d records, dead for %v", len(seen), dead)
}
