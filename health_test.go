package hydra_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/hydratest"
)

func TestHealthSurvivesJSON(t *testing.T) {
	f := &hydratest.Faulty{Remote: true}
	log, _ := hydratest.Open(t, hydra.Config{Layers: twoLayers()}, hydra.WithProcessor(dropNoise),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "bad", Driver: f}))
	f.Fail(nil, -1)
	log.Layer("api").Info(bg, "m")
	log.Layer("api").Info(bg, "noise")
	log.Layer("elsewhere").Error(bg, "m")
	if err := log.SetLevel("db", hydra.LevelDebug, time.Hour); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "the destination fails", func() bool { return destOf(t, log, "bad").Retries > 0 })
	r := log.Health()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back health.Report
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || string(again) != string(text) {
		t.Errorf("%v\n%s\n%s", err, text, again)
	}
	if !reflect.DeepEqual(back.Destinations[0].Ledger, r.Destinations[0].Ledger) {
		t.Errorf("%+v", back.Destinations[0].Ledger)
	}
	for _, want := range []string{`"status":"degraded"`, `"code":"destination_down"`, `"code":"unknown_layer"`, `"until":"`, `"unknown_layers":{"elsewhere":1}`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	f.Heal()
}

func TestAClosedLoggerIsUnhealthyAndSaysWhy(t *testing.T) {
	log, _ := memoryLogger(t, nil)
	log.Info(bg, "m")
	if r := log.Health(); r.Status != health.Healthy || !r.Accepting {
		t.Errorf("%+v", r)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	r := log.Health()
	if reason, ok := hasReason(r, health.CodeClosed); !ok || r.Status != health.Unhealthy || r.Accepting || reason.Text == "" {
		t.Errorf("%+v", r)
	}
	if d := r.Destinations[len(r.Destinations)-1]; d.Ledger.Delivered != 1 || d.State != health.StateClosed {
		t.Errorf("%+v", d)
	}
	if err := log.Flush(bg); !errors.Is(err, hydra.ErrClosed) {
		t.Errorf("Flush says %v", err)
	}
	if err := log.Sync(bg); !errors.Is(err, hydra.ErrClosed) {
		t.Errorf("Sync says %v", err)
	}
}
