package tests

import (
	"bufio"
	"cmp"
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
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/destination/journaldest"
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

func TestVictoriaLogsIsBuilt(t *testing.T) { t.Log(buildVictoriaLogs(t)) }

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
	t      *testing.T
	addr   string
	syslog string // its address of syslog over TCP
	dir    string
	p      *process
}

func startVictoriaLogs(t *testing.T) *victoriaLogs {
	t.Helper()
	v := &victoriaLogs{t: t, dir: t.TempDir()}
	v.addr, v.syslog = fmt.Sprintf("127.0.0.1:%d", freePort(t)), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	v.start(buildVictoriaLogs(t))
	return v
}

// in is where an intake listens.
func (v *victoriaLogs) in(name string) string {
	if name == "syslog" {
		return v.syslog
	}
	return v.addr
}

func (v *victoriaLogs) start(path string) {
	v.t.Helper()
	v.p = startProcess(v.t, filepath.Join(v.dir, "log"), path, "-storageDataPath="+filepath.Join(v.dir, "data"), "-httpListenAddr="+v.addr, "-syslog.listenAddr.tcp="+v.syslog)
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

// victoriaIntake is a destination by the intake of VictoriaLogs that it uses.
type victoriaIntake struct {
	config  string                   // ADDR, HOST and PORT are replaced
	field   func(name string) string // what the destination calls an attribute; nil: by its name
	layer   string                   // what it calls the layer; "": layer
	newline string                   // what a line feed of the message becomes; "": nothing else
}

var victoriaIntakes = map[string]victoriaIntake{
	"victorialogs":  {config: `type: victorialogs, url: "http://ADDR"`},
	"elasticsearch": {config: `type: elasticsearch, url: "http://ADDR/insert/elasticsearch/?_msg_field=message&_time_field=@timestamp&_stream_fields=layer", options: {index: logs-app}`},
	"loki":          {config: `type: loki, url: "http://ADDR/insert/loki/api/v1/push?_msg_field=message"`},
	"datadog":       {config: `type: datadog, url: "http://ADDR/insert/datadog/api/v2/logs", auth_token: dd-key, keys: {timestamp: date}`},
	"otlp":          {config: `type: otlp, url: "http://ADDR/insert/opentelemetry/v1/logs"`},
	"network_http":  {config: `type: network_http, url: "http://ADDR/insert/jsonline?_time_field=timestamp&_msg_field=message&_stream_fields=layer", options: {compression: zstd}`},
	"journald": {config: `type: journald, url: "http://ADDR/insert/journald/upload", options: {identifier: shop, compression: gzip}`,
		field: journaldest.FieldName, layer: "LAYER"},
	"syslog": {config: `type: syslog, host: "HOST", port: PORT, options: {transport: tcp}`,
		field: func(name string) string { return "hydra@32473." + name }, layer: "msg_id", newline: `\n`},
}

func (i *victoriaIntake) named(name string) string {
	switch {
	case i.field == nil:
		return name
	case name == "correlation_id" && i.layer == "LAYER":
		return "CORRELATION_ID" // journald's own, not an attribute
	}
	return i.field(name)
}

// finds is a query for the records of a run.
func (i *victoriaIntake) finds(runName string) string {
	return fmt.Sprintf("%q:=%q", i.named("run"), runName)
}

// intake describes a destination.
func intake(name, addr string) string {
	host, port, _ := net.SplitHostPort(addr)
	return strings.NewReplacer("ADDR", addr, "HOST", host, "PORT", port).Replace(victoriaIntakes[name].config)
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
	for name, in := range victoriaIntakes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := openHTTP(t, t.TempDir(), intake(name, v.in(name)))
			logOrders(log, name, 0, count)
			closeAll(t, log)
			balanced(t, log, count, 0)
			var found []map[string]string
			waitFor(t, "all records are found", func() bool {
				found = v.query(in.finds(name))
				return len(found) >= count
			})
			seen := map[string]bool{}
			for _, r := range found {
				n := r[in.named("n")]
				seen[n] = true
				want := map[string]string{"_msg": fmt.Sprintf("order %s \"taken\"%s", n, cmp.Or(in.newline, "\n")), in.named("correlation_id"): "flow-" + n,
					in.named("price"): "1.5", in.named("paid"): "true", in.named("customer.name"): "Ä", cmp.Or(in.layer, "layer"): "app"}
				for key, value := range want {
					if r[key] != value {
						t.Fatalf("%s is %q, want %q: %v", key, r[key], value, r)
					}
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
	for name, in := range victoriaIntakes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := faultproxy.Start(t, v.in(name))
			log := openHTTP(t, t.TempDir(), intake(name, proxy.Addr()))
			runName := "fault-" + name
			logOrders(log, runName, 0, part)
			from := part
			faults := []faultproxy.Fault{{Refuse: true}, {CutRequest: 300}, {CutResponse: 5}, {Silent: true}, {Hang: true}}
			switch {
			case name == "syslog": // nothing is answered: what the others do is not seen
				faults = faults[:2]
			case !full() && name != "victorialogs": // those that end with a time limit take theirs
				faults = faults[:3]
			}
			for _, fault := range faults {
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
			v.findsNumbers(t, &in, runName, from)
		})
	}
}

// full reports whether tests have their full size.
func full() bool { return os.Getenv("HYDRA_FULL") != "" }

// findsNumbers waits until the records of a run have all numbers below count.
func (v *victoriaLogs) findsNumbers(t *testing.T, in *victoriaIntake, runName string, count int) {
	t.Helper()
	seen := map[string]bool{}
	waitFor(t, fmt.Sprintf("all %d records of %s are found", count, runName), func() bool {
		for _, r := range v.query(fmt.Sprintf("%s | fields %q", in.finds(runName), in.named("n"))) {
			seen[r[in.named("n")]] = true
		}
		return len(seen) >= count
	})
	if len(seen) != count {
		t.Errorf("%d records of %d", len(seen), count)
	}
}
