package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hydra-logger/hydra/examples/internal/killtest"
)

func TestMain(m *testing.M) {
	killtest.Main(main)
	os.Exit(m.Run())
}

func TestKilledAtRandomALoggerPerRequestLosesNothing(t *testing.T) {
	for name, env := range map[string]string{"held by main": "ALONE=", "alone": "ALONE=1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, orders := killtest.Copy(t, "hydra.yaml"), killtest.NewOrders()
			for run := range killtest.Kills() {
				p := killtest.Start(t, dir, env)
				_ = orders.PostUntil(t, p, run, p.Kill)
			}
			p := killtest.Start(t, dir, env)
			orders.Once(p, killtest.Kills()) // without a request, alone opens no logger
			file := filepath.Join(dir, "logs", "orders.jsonl")
			orders.Until(t, file).Check(t, "orders.jsonl", false)
			p.Kill()
		})
	}
}
