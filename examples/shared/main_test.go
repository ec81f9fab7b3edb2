package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/hydra-logger/hydra/examples/internal/killtest"
)

func TestMain(m *testing.M) {
	killtest.Main(main)
	os.Exit(m.Run())
}

func TestKilledAtRandomOneLoggerForAllLosesNothingOnAnyLayer(t *testing.T) {
	dir, orders := killtest.Copy(t, "hydra.yaml"), killtest.NewOrders()
	for run := range killtest.Kills() {
		p := killtest.Start(t, dir)
		_ = orders.PostUntil(t, p, run, p.Kill)
	}
	p := killtest.Start(t, dir)
	for _, name := range []string{"orders.jsonl", "audit.jsonl", "requests.jsonl"} {
		orders.Until(t, filepath.Join(dir, "logs", name)).Check(t, name, false)
	}
	p.Kill()
}

func get(t *testing.T, url string) (int, []byte) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

func TestHealthIsServedWithTheLedger(t *testing.T) {
	p := killtest.Start(t, killtest.Copy(t, "hydra.yaml"))
	defer p.Kill()
	for _, path := range []string{"/livez", "/readyz"} {
		if status, body := get(t, "http://"+p.Address+path); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	status, body := get(t, "http://"+p.Address+"/debug/log")
	var report struct {
		Status       string
		Destinations []struct{ Name string }
	}
	if err := json.Unmarshal(body, &report); err != nil || status != http.StatusOK || report.Status != "healthy" || len(report.Destinations) != 4 {
		t.Errorf("%d %v %s", status, err, body)
	}
}
