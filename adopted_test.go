//go:build unix

package hydra_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/memorydest"
	"github.com/hydra-logger/hydra/internal/crashtest"
	"github.com/hydra-logger/hydra/record"
)

// comparing checks that the two forms of each record are of the same record.
type comparing struct {
	*memorydest.Driver
	t *testing.T
}

func (d *comparing) Deliver(ctx context.Context, b *destination.Batch) error {
	for _, it := range b.Items {
		var v record.View
		if err := v.Decode(it.Raw); err != nil || jsonOf(d.t, &v) != strings.Replace(string(b.Data[it.Start:it.End]), `,"recovered":true`, "", 1) {
			d.t.Errorf("the binary form (%v) is not that of %s", err, b.Data[it.Start:it.End])
			break
		}
	}
	return d.Driver.Deliver(ctx, b)
}

func TestRecordsOfAdoptedJournalsKeepTheirBinaryForm(t *testing.T) {
	dir := t.TempDir()
	var children []*crashtest.Process
	for run := range 3 { // all but one in a directory of its own
		children = append(children, crashtest.Start(t, "poisoned", crashtest.Options{Run: run + 1, Goroutines: 1, Args: []string{dir, "hold"}}))
	}
	for _, p := range children {
		eventually(t, time.Minute, "2000 records", func() bool { return p.Accepted() >= 2000 })
		p.Kill()
	}
	d := &comparing{memorydest.New(memorydest.Options{Remote: true}), t}
	cfg := poisonedConfig(dir)
	cfg.CloseTimeout = 0
	log, err := hydra.New(cfg, collectorType(d), quiet)
	if err != nil {
		t.Fatal(err)
	}
	mustFlush(t, log)
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	if d.Len() < 6000 {
		t.Errorf("%d records", d.Len())
	}
	checkBalance(t, log)
	if left, _ := filepath.Glob(filepath.Join(dir, "state", "p-*")); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}
