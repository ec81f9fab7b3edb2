package tests

import (
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
	"testing"

	"github.com/hydra-logger/hydra/internal/faultproxy"
)

// clickHouse is the server of Debian's package clickhouse-server, version 18.16.
type clickHouse struct {
	t    *testing.T
	addr string
}

const clickHouseConf = `<yandex>
<logger><level>warning</level><log>DIR/log</log><errorlog>DIR/errors</errorlog></logger>
<http_port>HTTP</http_port><tcp_port>TCP</tcp_port><listen_host>127.0.0.1</listen_host>
<path>DIR/data/</path><tmp_path>DIR/tmp/</tmp_path><user_files_path>DIR/files/</user_files_path><format_schema_path>DIR/schemas/</format_schema_path>
<mark_cache_size>67108864</mark_cache_size><users_config>DIR/users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database><timezone>UTC</timezone>
</yandex>`

const clickHouseUsers = `<yandex>
<profiles><default></default></profiles><quotas><default></default></quotas>
<users><writer><password>secret-key</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></writer></users>
</yandex>`

func startClickHouse(t *testing.T) *clickHouse {
	t.Helper()
	program, err := exec.LookPath("clickhouse-server")
	if err != nil {
		t.Skip("clickhouse-server is not installed (Debian package clickhouse-server)")
	}
	dir := t.TempDir()
	ports := make([]string, 2)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, ports[i], _ = net.SplitHostPort(l.Addr().String())
		_ = l.Close()
	}
	conf := strings.NewReplacer("DIR", dir, "HTTP", ports[0], "TCP", ports[1]).Replace(clickHouseConf)
	for name, text := range map[string]string{"config.xml": conf, "users.xml": clickHouseUsers} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := &clickHouse{t: t, addr: "127.0.0.1:" + ports[0]}
	c.start(program, dir)
	return c
}

func (c *clickHouse) start(program, dir string) {
	c.t.Helper()
	startProcess(c.t, filepath.Join(dir, "output"), program, "--config-file="+filepath.Join(dir, "config.xml"))
	waitFor(c.t, "ClickHouse answers", func() bool {
		resp, err := http.Get("http://" + c.addr + "/ping")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	c.t.Cleanup(http.DefaultClient.CloseIdleConnections)
}

func (c *clickHouse) query(sql string) string {
	c.t.Helper()
	resp, err := http.Post("http://"+c.addr+"/?"+url.Values{"user": {"writer"}, "password": {"secret-key"}}.Encode(), "text/plain", strings.NewReader(sql))
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %v %s", sql, err, text)
	}
	return strings.TrimSpace(string(text))
}

func TestClickHouseGetsEveryRowAlsoBehindABadNetworkAndThePoisonAloneIsADeadLetter(t *testing.T) {
	c := startClickHouse(t)
	proxy := faultproxy.Start(t, c.addr)
	c.query("CREATE TABLE logs (timestamp String, level String, message String, id String, n UInt16, customer String) ENGINE = MergeTree ORDER BY id")
	log := openHTTP(t, t.TempDir(), fmt.Sprintf("type: clickhouse, url: \"http://%s\", credentials: {username: writer, password: secret-key}, options: {table: logs, no_deduplication: true}", proxy.Addr()))
	logNumbers(log, 0, 500)
	waitFor(t, "the first rows are there", func() bool { return c.query("SELECT count() FROM logs") != "0" })
	count := 500
	for _, fault := range []faultproxy.Fault{{Refuse: true}, {CutRequest: 400}, {CutResponse: 5}, {Hang: true}} {
		retries := log.Health().Destinations[0].Retries
		proxy.Set(fault)
		proxy.Reset()
		logNumbers(log, count, 200)
		count += 200
		waitFor(t, "a delivery fails", func() bool { return log.Health().Destinations[0].Retries > retries })
		proxy.Set(faultproxy.Fault{})
	}
	log.Layer("app").Info(t.Context(), "poison", slog.String("n", "no number"))
	logNumbers(log, count, 499)
	count += 499
	closeAll(t, log)
	got := c.query("SELECT uniqExact(n), uniqExact(id), min(n), max(n) FROM logs WHERE customer LIKE 'c-%' AND message = 'order taken'")
	if want := fmt.Sprintf("%d\t%d\t0\t%d", count, count, count-1); got != want {
		t.Errorf("there are %s rows, want %s; health: %+v", got, want, log.Health().Destinations[0])
	}
	balanced(t, log, uint64(count), 1)
}
