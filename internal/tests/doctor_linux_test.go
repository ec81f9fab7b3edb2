package tests

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
)

func TestDoctorFindsRealServersThatWorkThatAreDeadAndThatDoNotTakeThePassword(t *testing.T) {
	for _, s := range realServers(t) {
		addr, nobody := s.addr, "127.0.0.1:1"
		if f := diagnoseOne(t, s.config(addr)); f.Verdict == hydra.VerdictFail {
			t.Errorf("%s works: %+v", s.name, f)
		}
		if s.name == "clickhouse" {
			if f := diagnoseOne(t, strings.Replace(s.config(addr), "secret-key", "wrong-key", 1)); f.Verdict != hydra.VerdictFail || strings.Contains(f.Text, "wrong-key") {
				t.Errorf("%s has another password: %+v", s.name, f)
			}
			if f := diagnoseOne(t, strings.Replace(s.config(addr), "table: dead", "table: none", 1)); f.Verdict != hydra.VerdictFail {
				t.Errorf("%s has no such table: %+v", s.name, f)
			}
		}
		if s.die != nil {
			s.die()
		}
		if f := diagnoseOne(t, s.config(nobody)); f.Verdict != hydra.VerdictFail {
			t.Errorf("%s is dead: %+v", s.name, f)
		}
		if n := len(s.arrived(t)); n > 0 && s.name != "journald-socket" {
			t.Errorf("%s has %d records of doctor", s.name, n)
		}
	}
}

func diagnoseOne(t *testing.T, destination string) hydra.Finding {
	t.Helper()
	cfg, _, err := config.Parse(fmt.Appendf(nil, "layers: {app: {destinations: [{name: x, timeout: 5, %s}]}}", destination), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d, err := hydra.Diagnose(ctx, *cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range d.Findings {
		if f.Subject == "destination x" {
			return f
		}
	}
	t.Fatalf("nothing is said of the destination: %+v", d)
	return hydra.Finding{}
}
