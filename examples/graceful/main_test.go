//go:build unix

package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/examples/internal/killtest"
)

func TestMain(m *testing.M) {
	killtest.Main(main)
	os.Exit(m.Run())
}

var files = []string{"orders.jsonl", "requests.jsonl"}

func TestAfterSIGTERMEverythingIsDeliveredAndNothingIsLeftInTheJournal(t *testing.T) {
	dir, orders := killtest.Copy(t, "hydra.yaml"), killtest.NewOrders()
	for run := range killtest.Kills() {
		p := killtest.Start(t, dir)
		if err := orders.PostUntil(t, p, run, func() { _ = p.Signal(syscall.SIGTERM) }); err != nil {
			t.Fatal(err)
		}
		left, err := os.ReadDir(filepath.Join(dir, "logs", ".hydra", "graceful"))
		for _, e := range left {
			if strings.Contains(e.Name(), "seg") {
				t.Errorf("a segment is left: %s", e.Name())
			}
		}
		if err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
	}
	for _, name := range files {
		r, err := orders.Count(filepath.Join(dir, "logs", name))
		if err != nil {
			t.Fatal(err)
		}
		r.Check(t, name, false)
	}
}

func TestKilledAtRandomAlsoDuringItsShutdownItLosesNothing(t *testing.T) {
	dir, orders := killtest.Copy(t, "hydra.yaml"), killtest.NewOrders()
	for run := range killtest.Kills() {
		p := killtest.Start(t, dir)
		_ = orders.PostUntil(t, p, run, func() {
			if run%2 == 0 {
				_ = p.Signal(syscall.SIGTERM)
				time.Sleep(rand.N(5 * time.Millisecond))
			}
			p.Kill()
		})
	}
	p := killtest.Start(t, dir)
	for _, name := range files {
		orders.Until(t, filepath.Join(dir, "logs", name)).Check(t, name, false)
	}
	_ = p.Signal(syscall.SIGTERM)
	if err := p.Wait(t); err != nil {
		t.Error(err)
	}
}
