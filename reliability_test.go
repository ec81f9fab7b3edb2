package hydra_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
)

// noStateDirectory makes every state directory one that can't be made.
func noStateDirectory(t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HYDRA_STATE_DIR", filepath.Join(file, "state"))
}

// stderrOf returns what fn writes to standard error.
func stderrOf(t *testing.T, fn func()) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "stderr")
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stderr
	os.Stderr = f
	defer func() { os.Stderr = old }()
	fn()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestFailuresOfTheLoggerGoWhereThePolicySays(t *testing.T) {
	noStateDirectory(t)
	for policy, want := range map[string]struct{ printed, raised bool }{
		"": {true, false}, "warn": {true, false}, "silent": {false, false}, "raise": {true, true},
	} {
		var closed error
		text := stderrOf(t, func() {
			log, err := hydra.New(hydra.Config{Name: "policy-" + policy, ReliabilityErrorPolicy: policy, BaseLogDir: t.TempDir(),
				Layers: map[string]hydra.Layer{"default": {Destinations: []hydra.Destination{{Type: "file", Path: "a.jsonl"}}}}})
			if err != nil {
				t.Fatal(err)
			}
			log.Info(context.Background(), "hello")
			closed = log.Close()
		})
		if printed := strings.Contains(text, "no journal in"); printed != want.printed {
			t.Errorf("%q: standard error is %q", policy, text)
		}
		if raised := closed != nil && strings.Contains(closed.Error(), "no journal in"); raised != want.raised {
			t.Errorf("%q: Close returned %v", policy, closed)
		}
	}
}

func TestStrictReliabilityModeRefusesALoggerWithoutItsStateDirectory(t *testing.T) {
	noStateDirectory(t)
	log, err := hydra.New(hydra.Config{Name: "strict", StrictReliabilityMode: true, BaseLogDir: t.TempDir(),
		Layers: map[string]hydra.Layer{"default": {Destinations: []hydra.Destination{{Type: "file", Path: "a.jsonl"}}}}})
	if err == nil || !strings.Contains(err.Error(), "journal in") {
		t.Errorf("%v, %v", err, log.Close())
	}
}

func TestOpenReadsWhatAFileExtends(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("SHOP_LEVEL", "ERROR")
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("base.yaml", "base_log_dir: '"+dir+"'\nlayers: {default: {level: '${SHOP_LEVEL}', destinations: [{type: file, path: app.jsonl}]}}\n")
	path := write("shop.yaml", "extends: [template:house, base.yaml]\n")
	own := hydra.WithTemplates(config.Templates{"house": {Name: "shop", Version: "7"}})
	for _, level := range []string{"ERROR", "INFO"} {
		t.Setenv("SHOP_LEVEL", level)
		log, err := hydra.Open(path, own)
		if err != nil {
			t.Fatal(err)
		}
		if got := log.Enabled(context.Background(), hydra.LevelInfo); got != (level == "INFO") {
			t.Errorf("at level %s INFO is enabled: %v", level, got)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := hydra.Open(path); err == nil || !strings.Contains(err.Error(), `there is no template "house"`) {
		t.Error(err)
	}
}

func TestTypeOfTheSchemaThatIsNotLinkedIsAnErrorOfOpenThatNamesTheOption(t *testing.T) {
	_, err := hydra.Parse([]byte("layers: {a: {destinations: [{type: kafka, options: {brokers: [a]}}]}}"))
	if err == nil || !strings.Contains(err.Error(), `type "kafka" is not linked into this program`) {
		t.Error(err)
	}
	log, err := hydra.Parse([]byte("layers: {a: {destinations: [{type: kafka, options: {brokers: [a, b]}}]}}"),
		hydra.WithType("kafka", func(_ context.Context, d config.ResolvedDestination) (destination.Driver, error) {
			var o struct{ Brokers []string }
			if err := config.DecodeOptions(d.Options, &o); err != nil || len(o.Brokers) != 2 {
				return nil, errors.Join(err, errors.New("wrong options"))
			}
			return sinkhole{}, nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
}

// sinkhole is a driver that takes everything.
type sinkhole struct{}

func (sinkhole) Deliver(context.Context, *destination.Batch) error { return nil }
func (sinkhole) Close(context.Context) error                       { return nil }
