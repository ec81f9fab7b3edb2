package hydra_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/nulldest"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/internal/leak"
)

func writeConfig(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAWrongFileIsRefusedWithPlaceAndSuggestion(t *testing.T) {
	path := writeConfig(t, "hydra.yaml", "name: shop\nlayers:\n  default:\n    levle: INFO\n")
	log, err := hydra.Open(path)
	if err == nil {
		_ = log.Close()
		t.Fatal("no error")
	}
	if !strings.Contains(err.Error(), path+":4:5") || !strings.Contains(err.Error(), `"level"`) {
		t.Errorf("%v", err)
	}
	if _, err := hydra.Open(path + ".none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestLaxTurnsAnUnknownKeyIntoAWarning(t *testing.T) {
	path := writeConfig(t, "hydra.yaml", "name: lax\nlevle: INFO\nlayers: {default: {destinations: [{type: \"null\"}]}}\n")
	log, err := hydra.Open(path, hydra.Lax())
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	r, ok := hasReason(log.Health(), health.CodeConfigWarning)
	if !ok || !strings.Contains(r.Text, "levle") || !strings.Contains(r.Text, ":2:1") || log.Health().Status != health.Healthy {
		t.Errorf("%v %+v", log.Health().Status, log.Health().Reasons)
	}
}

func TestWithFallbackABadFileIsALoggerThatSaysSo(t *testing.T) {
	path := writeConfig(t, "hydra.yaml", "layers: [\n")
	for name, open := range map[string]func(...hydra.Option) (*hydra.Logger, error){
		"bad file": func(o ...hydra.Option) (*hydra.Logger, error) { return hydra.Open(path, o...) },
		"no file":  func(o ...hydra.Option) (*hydra.Logger, error) { return hydra.Open(path+".none", o...) },
		"bad text": func(o ...hydra.Option) (*hydra.Logger, error) { return hydra.Parse([]byte("name: ["), o...) },
		"bad value": func(o ...hydra.Option) (*hydra.Logger, error) {
			return hydra.New(hydra.Config{DefaultLevel: "LOUD"}, o...)
		},
		"bad place": func(o ...hydra.Option) (*hydra.Logger, error) {
			return hydra.New(hydra.Config{Journal: hydra.Journal{Dir: "/dev/null/state"}, Layers: map[string]hydra.Layer{"default": {Destinations: []hydra.Destination{{Type: "null"}}}}}, o...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := open(); err == nil {
				t.Fatal("strict: no error")
			}
			var events []string
			log, err := open(hydra.WithFallback(), hydra.WithEvents(func(ev hydra.Event) { events = append(events, ev.String()) }))
			if err != nil {
				t.Fatal(err)
			}
			defer log.Close()
			r, ok := hasReason(log.Health(), health.CodeConfigInvalid)
			if !ok || r.Status != health.Unhealthy || log.Health().Status != health.Unhealthy || !log.Health().Accepting {
				t.Errorf("%+v", log.Health())
			}
			if !log.Enabled(bg, hydra.LevelInfo) || len(events) != 1 {
				t.Errorf("enabled %v, told %q", log.Enabled(bg, hydra.LevelInfo), events)
			}
		})
	}
}

func TestEqualConfigurationsShareOneEngine(t *testing.T) {
	leak.Check(t)
	path, dir := configFile(t)
	first, err := hydra.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	asJSON := fmt.Sprintf(`{"name":"shop","base_log_dir":%q,"layers":{"default":{"level":"info","destinations":[{"path":"app.jsonl","type":"file"}]}}}`, dir)
	var logs []*hydra.Logger
	for name, open := range map[string]func() (*hydra.Logger, error){
		"the same file":    func() (*hydra.Logger, error) { return hydra.Open(path) },
		"the same text":    func() (*hydra.Logger, error) { return hydra.Parse(text) },
		"the same as JSON": func() (*hydra.Logger, error) { return hydra.Parse([]byte(asJSON)) },
		"the same in Go": func() (*hydra.Logger, error) {
			return hydra.New(hydra.Config{Name: "shop", BaseLogDir: dir, Layers: map[string]hydra.Layer{
				"default": {Destinations: []hydra.Destination{{Type: "file", Path: "app.jsonl", Format: "json-lines"}}}}})
		},
	} {
		log, err := open()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		log.Info(bg, name)
		logs = append(logs, log)
	}
	for i, log := range logs {
		if log.Health().Journal.ID != first.Health().Journal.ID {
			t.Errorf("logger %d has a journal of its own", i)
		}
	}
	for _, log := range logs[1:] {
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		log.Info(bg, "after its own Close")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	logs[0].Info(bg, "the last one still works")
	if r := logs[0].Health(); !r.Accepting || r.AfterClose != 3 {
		t.Errorf("accepting %v, after close %d", r.Accepting, r.AfterClose)
	}
	if err := logs[0].Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(readLines(t, filepath.Join(dir, "app.jsonl"))); n != 5 {
		t.Errorf("%d records", n)
	}
	checkNothingLeft(t, dir)
}

func TestAnotherConfigurationOnAStateDirectoryInUseNamesBoth(t *testing.T) {
	dir := t.TempDir()
	cfg := quietConfig(dir)
	cfg.Name = "holder"
	log := hydra.Must(hydra.New(cfg))
	cfg.Name, cfg.AddSource = "other", true
	_, err := hydra.New(cfg)
	var inUse *hydra.InUseError
	if !errors.As(err, &inUse) || inUse.Holder != "holder" || inUse.Name != "other" || inUse.Dir != dir {
		t.Fatalf("%v", err)
	}
	for _, word := range []string{"holder", "other", dir} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error does not name %s: %v", word, err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	log, err = hydra.New(cfg)
	if err != nil {
		t.Fatalf("after Close of the first: %v", err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestATypeThatIsNotLinkedInSaysWhatToPass(t *testing.T) {
	_, err := hydra.New(hydra.Config{Layers: map[string]hydra.Layer{"default": {Destinations: []hydra.Destination{{Name: "k", Type: "kafka"}}}}})
	if err == nil || !strings.Contains(err.Error(), "kafka") {
		t.Errorf("%v", err)
	}
	f := &hydratest.Faulty{}
	log, err := hydra.New(hydra.Config{Mode: "sync", Layers: map[string]hydra.Layer{"default": {Destinations: []hydra.Destination{{Name: "k", Type: "kafka"}}}}},
		hydra.WithType("kafka", faultyType(f)))
	if err != nil {
		t.Fatal(err)
	}
	log.Info(bg, "m")
	if f.Delivered() != 1 {
		t.Errorf("%d delivered", f.Delivered())
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestGetFindsOpenLoggersByNameAndDoesNotKeepThemOpen(t *testing.T) {
	cfg := quietConfig(t.TempDir())
	cfg.Name = "by-name"
	if hydra.Get("by-name") != nil {
		t.Error("it is not open yet")
	}
	log := hydra.Must(hydra.New(cfg))
	found := hydra.Get("by-name")
	if found == nil || !found.Enabled(bg, hydra.LevelInfo) {
		t.Fatal("not found")
	}
	if err := found.Close(); err != nil || !log.Health().Accepting {
		t.Errorf("Close on the result of Get closed the logger: %v", err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if hydra.Get("by-name") != nil {
		t.Error("it is closed")
	}
}

func TestAnOpenThatTakesLongHoldsUpNoOtherLogger(t *testing.T) {
	leak.Check(t)
	other, err := hydra.New(hydra.Config{Name: "other", Layers: map[string]hydra.Layer{"default": {Destinations: []hydra.Destination{{Type: "null"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	building, goOn := make(chan struct{}), make(chan struct{})
	slow := func(ctx context.Context, _ config.ResolvedDestination) (destination.Driver, error) {
		close(building)
		<-goOn
		return nulldest.New(), nil
	}
	cfg := hydra.Config{Name: "slow", Journal: hydra.Journal{Dir: dir},
		Layers: map[string]hydra.Layer{"default": {Destinations: []hydra.Destination{{Type: "slow"}}}}}
	opened := make(chan *hydra.Logger)
	go func() {
		log, err := hydra.New(cfg, hydra.WithType("slow", slow))
		if err != nil {
			t.Error(err)
		}
		opened <- log
	}()
	<-building
	if hydra.Get("other") == nil {
		t.Error("the other logger is not found")
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	second := make(chan error)
	go func() {
		cfg.Name = "second"
		cfg.Layers["default"] = hydra.Layer{Destinations: []hydra.Destination{{Type: "null"}}}
		_, err := hydra.New(cfg)
		second <- err
	}()
	close(goOn)
	log := <-opened
	var inUse *hydra.InUseError
	if err := <-second; !errors.As(err, &inUse) || inUse.Holder != "slow" { // it waited for the first
		t.Errorf("a second logger in the directory of one that was being opened: %v", err)
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
}

func TestMoreLayersThanTheJournalCanTellApartAreRefused(t *testing.T) {
	layers := map[string]hydra.Layer{}
	for i := range 8192 {
		layers[fmt.Sprint("layer", i)] = hydra.Layer{Destinations: []hydra.Destination{hydra.Use("out")}}
	}
	log, err := hydra.New(hydra.Config{Layers: layers, Destinations: map[string]hydra.Destination{"out": {Type: "null"}}})
	if err == nil {
		_ = log.Close()
		t.Fatal("8192 layers are taken")
	}
	if !strings.Contains(err.Error(), "8192 layers") {
		t.Errorf("%v", err)
	}
}

func TestDefaultIsOneConsoleWhenWhatWasSetIsClosed(t *testing.T) {
	log, err := hydra.New(hydra.Config{Name: "closed", Layers: map[string]hydra.Layer{"default": {Destinations: []hydra.Destination{{Type: "null"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	hydra.SetDefault(log)
	defer hydra.SetDefault(nil)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	console := hydra.Default()
	defer func() { _ = console.Close() }()
	if console == log || console != hydra.Default() {
		t.Error("each call makes another logger, or returns the closed one")
	}
}

func TestDefaultAndContextGiveALoggerAlways(t *testing.T) {
	log, rec := hydratest.New(t)
	hydra.SetDefault(log)
	defer hydra.SetDefault(nil)
	hydra.Default().Info(bg, "default")
	hydra.FromContext(nil).Info(bg, "nil context") //nolint:staticcheck // a nil context is allowed
	hydra.FromContext(bg).Info(bg, "context without a logger")
	ctx := hydra.NewContext(nil, log.With(slog.String("request", "r1"))) //nolint:staticcheck // a nil context is allowed
	hydra.FromContext(ctx).Info(ctx, "context")
	rec.ExpectCount(4)
	rec.Expect(hydratest.HasMessage("context"), hydratest.HasAttr("request", "r1"))
}
