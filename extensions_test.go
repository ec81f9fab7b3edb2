package hydra_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/record"
)

// parsed returns a logger of a configuration in YAML with a journal, and the recorder of all that it delivers.
func parsed(t *testing.T, text string, opts ...hydra.Option) (*hydra.Logger, *hydratest.Recorder) {
	t.Helper()
	cfg, _, err := config.Parse([]byte(text), config.Options{Types: []string{"own"}})
	if err != nil {
		t.Fatal(err)
	}
	return hydratest.Open(t, *cfg, opts...)
}

// refused returns the error of a configuration in YAML.
func refused(t *testing.T, text string, opts ...hydra.Option) string {
	t.Helper()
	log, err := hydra.Parse([]byte(text), opts...)
	if err == nil {
		_ = log.Close()
		t.Fatalf("accepted:\n%s", text)
	}
	return err.Error()
}

func add(key, value string) processor.Processor {
	return processor.Func(func(_ context.Context, e *record.Event) bool {
		e.Attrs = append(e.Attrs, slog.String(key, value+e.Message))
		return true
	})
}

func TestExtensionsRunInTheOrderOfTheFileAndBeforeThoseOfOptions(t *testing.T) {
	own := hydra.WithExtension("own", func(x config.ResolvedExtension) (processor.Processor, error) {
		var s struct{ Say string }
		if err := config.DecodeOptions(x.Settings, &s); err != nil {
			return nil, err
		}
		return processor.Func(func(_ context.Context, e *record.Event) bool { e.Message += s.Say; return true }), nil
	})
	log, rec := parsed(t, `
extensions:
  z: {type: own, enabled: true, say: "1"}
  idle: {type: own, say: "no"}
  a: {type: own, enabled: true, say: "2"}
  own: {enabled: true, say: "3"}
`, own, hydra.WithProcessor(add("seen", "")))
	log.Info(bg, "m")
	rec.Expect(hydratest.HasMessage("m123"), hydratest.HasAttr("seen", "m123"))
}

func TestAWrongExtensionIsAnErrorThatSaysWhereAndWhatIsMeant(t *testing.T) {
	for text, want := range map[string][]string{
		`extensions: {s: {type: samplng, enabled: true}}`:                                                    {"extensions.s", `"samplng"`, `did you mean "sampling"?`},
		`extensions: {s: {type: sampling, enabled: true, frist: 3}}`:                                         {"extensions.s", "frist", `"first"`},
		`extensions: {s: {type: sampling, enabled: true, rate: 1.5}}`:                                        {"extensions.s", "rate", "1.5"},
		`extensions: {s: {type: sampling, enabled: true, rate: 0.5, first: 2}}`:                              {"extensions.s", "rate", "first"},
		`extensions: {s: {type: sampling, enabled: true, by: [mesage]}}`:                                     {"extensions.s", "mesage", "message"},
		`extensions: {s: {type: sampling, enabled: true, below: LOUD}}`:                                      {"extensions.s", "below", "LOUD"},
		`extensions: {s: {type: sampling, enabled: true, layers: [ap]}}`:                                     {"extensions.s", `no layer "ap"`},
		`extensions: {r: {type: rate_limit, enabled: true}}`:                                                 {"extensions.r", "rate"},
		`extensions: {r: {type: rate_limit, enabled: true, rate: 1, burst: -1}}`:                             {"extensions.r", "burst"},
		`extensions: {d: {type: dedupe, enabled: true, window: -1s}}`:                                        {"extensions.d", "window"},
		`extensions: {k: {type: keep_back, enabled: true, level: ERROR}}`:                                    {"extensions.k", "level", "trigger"},
		`extensions: {k: {type: keep_back, enabled: true}, l: {type: keep_back, enabled: true}}`:             {"extensions.l", "extensions.k"},
		`extensions: {k: {type: keep_back, enabled: true}, s: {type: security, enabled: true}}`:              {"extensions.s", "extensions.k", "first"},
		`extensions: {e: {type: enrich, enabled: true, include: [hots]}}`:                                    {"extensions.e", "hots", "host"},
		`extensions: {f: {type: formatting, enabled: true, timestamp_format: "%Q"}}`:                         {"extensions.f", "%Q"},
		`extensions: {f: {type: formatting, enabled: true, timezone: Mars/Base}}`:                            {"extensions.f", "timezone", "Mars"},
		`extensions: {p: {type: performance, enabled: true, sample_rate: 0}}`:                                {"extensions.p", "sample_rate"},
		`layers: {a: {destinations: [{type: "null", extensions: {d: {type: dedupe, enabled: true}}}]}}`:      {"extensions.d", "destination"},
		`layers: {a: {destinations: [{type: "null", extensions: {p: {type: performance, enabled: true}}}]}}`: {"extensions.p", "destination"},
		`layers: {a: {destinations: [{type: "null", extensions: {d: {type: nothing, enabled: true}}}]}}`:     {"extensions.d", "nothing"},
	} {
		got := refused(t, text)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s\nerror %q does not name %q", text, got, w)
			}
		}
	}
}

func TestAnEmitterIsRefusedOnADestination(t *testing.T) {
	log, err := hydra.New(hydra.Config{}, hydra.WithDestination("", hydra.DestinationOptions{
		Name: "d", Driver: &recording{}, Processors: []processor.Processor{&counting{}},
	}))
	if err == nil || !strings.Contains(err.Error(), `"d"`) {
		t.Errorf("%v, %v", log, err)
	}
}

func TestADestinationMasksMoreThanTheLoggerAndTheOthersSeeWhatTheySaw(t *testing.T) {
	for _, mode := range []config.Mode{config.ModeAsync, config.ModeSync} {
		mask := processor.Func(func(_ context.Context, e *record.Event) bool {
			if e.Message == "drop" {
				return false
			}
			if e.Message == "panic" {
				panic("hunter2")
			}
			e.Message = strings.ReplaceAll(e.Message, "hunter2", "***")
			e.Level, e.Layer = hydra.LevelTrace, "elsewhere" // has no effect
			return true
		})
		out := &recording{}
		log, rec := hydratest.Open(t, hydra.Config{Mode: mode}, hydra.WithProcessor(dropNoise),
			hydra.WithDestination("", hydra.DestinationOptions{Name: "masked", Driver: out, Processors: []processor.Processor{mask, add("masked", "saw ")}}))
		log.Info(bg, "password hunter2")
		log.Info(bg, "drop")
		log.Error(bg, "panic", slog.String("password", "hunter2"))
		mustFlush(t, log)
		rec.Expect(hydratest.HasMessage("password hunter2"))
		rec.Expect(hydratest.HasMessage("drop"))
		rec.ExpectNone(hydratest.HasKey("masked"))
		text := out.text()
		if strings.Contains(text, "hunter2") || !strings.Contains(text, `"masked":"saw password ***"`) || !strings.Contains(text, processor.Withheld) ||
			strings.Contains(text, "elsewhere") || strings.Contains(text, "TRACE") {
			t.Errorf("%s: the masked destination got %s", mode, text)
		}
		d := destOf(t, log, "masked")
		if d.Ledger.Dropped["processor"]["INFO"] != 1 || d.Ledger.Difference() != 0 {
			t.Errorf("%+v", d.Ledger)
		}
		if r, ok := hasReason(log.Health(), health.CodeProcessorFailed); !ok || r.Subject != "masked" {
			t.Errorf("%+v", log.Health().Reasons)
		}
	}
}

func TestWhatProcessorsAreToDropLeavesTheLoggerHealthy(t *testing.T) {
	log, rec := parsed(t, `extensions: {s: {type: sampling, enabled: true, first: 1, thereafter: 0}}`)
	for range 10 {
		log.Info(bg, "tick")
	}
	log.Warn(bg, "tick")
	rec.ExpectCount(2)
	r := log.Health()
	if r.Status != health.Healthy || destOf(t, log, hydratest.RecorderName).Ledger.Dropped["sampled"]["INFO"] != 9 {
		t.Errorf("%s %+v", r.Status, r.Reasons)
	}
	if len(r.Processors) != 1 || r.Processors[0].Name != "s" {
		t.Errorf("%+v", r.Processors)
	}
}

func TestALayerOfDurabilityCommitIsNotThinnedOutUnlessItIsNamed(t *testing.T) {
	const layers = "\nlayers: {audit: {durability: commit, destinations: [{type: \"null\"}]}, api: {destinations: [{type: \"null\"}]}}\n"
	for settings, want := range map[string]int{"": 5, ", layers: [audit]": 1} {
		log, rec := parsed(t, "extensions: {s: {type: sampling, enabled: true, first: 1, thereafter: 0"+settings+"}}"+layers)
		for range 5 {
			log.Layer("audit").Info(bg, "paid")
		}
		rec.ExpectCount(want, hydratest.Layer("audit"))
	}
}

func TestStaticEnrichmentIsBoundOnceAndStandsBeforeAllOthers(t *testing.T) {
	log, rec := parsed(t, `
service: payments
environment: staging
extensions:
  e: {type: enrich, enabled: true, include: [service, environment], keys: {service.name: svc}, attributes: {team: core, shard: 3}}
`)
	log.WithGroup("g").With(slog.Int("n", 1)).Info(bg, "m", slog.Int("k", 2))
	rec.Expect(hydratest.HasAttr("svc", "payments"), hydratest.HasAttr("deployment.environment.name", "staging"),
		hydratest.HasAttr("team", "core"), hydratest.HasAttr("shard", 3), hydratest.HasAttr("g.k", 2))
	if len(log.Health().Processors) != 0 {
		t.Error("it takes part in each call although it has nothing to do")
	}
}

func TestEnrichmentOfADestinationIsSeenThereAlone(t *testing.T) {
	dir := t.TempDir()
	log := hydra.Must(hydra.Parse([]byte(`
base_log_dir: ` + dir + `
layers: {default: {destinations: [{type: file, path: plain.jsonl}, {type: file, path: rich.jsonl, extensions: {e: {type: enrich, enabled: true, include: [host]}}}]}}
`)))
	log.Info(bg, "m")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	plain, _ := os.ReadFile(filepath.Join(dir, "plain.jsonl"))
	rich, _ := os.ReadFile(filepath.Join(dir, "rich.jsonl"))
	if strings.Contains(string(plain), "host.name") || !strings.Contains(string(rich), `"host.name":`) {
		t.Errorf("%s\n%s", plain, rich)
	}
}

func TestTheFormattingExtensionPutsTimeAndFlowIntoTheMessage(t *testing.T) {
	log, rec := parsed(t, `extensions: {formatting: {enabled: true, add_timestamp: true, timestamp_format: "%Y", timezone: UTC, add_context: true}}`)
	log.Info(correlation.Ensure(bg, "order-7"), "m")
	rec.Expect(hydratest.HasMessage(time.Now().UTC().Format("[2006] ") + "[order-7] m"))
}

func TestMonitoringMeasuresLatencyAndWhatFillsTheDestinations(t *testing.T) {
	log, rec := parsed(t, `
enable_performance_monitoring: true
monitoring_detail_level: detailed
monitoring_sample_rate: 1
`)
	for range 20 {
		log.Info(bg, "small")
	}
	for range 10 {
		log.Warn(bg, "large", slog.String("text", padding(1000)))
	}
	log.LogBatch(bg, []hydra.Record{{Message: "batch"}})
	rec.ExpectCount(31)
	m := log.Health().Monitoring
	if m == nil || m.Latency.Samples != 30 || m.Latency.P50 <= 0 || m.Latency.P50 > m.Latency.Max || m.Memory.Heap == 0 {
		t.Fatalf("%+v", m)
	}
	if len(m.Messages) != 3 || m.Messages[0].Message != "large" || m.Messages[0].Records != 10 || m.Messages[0].Bytes < 10_000 {
		t.Errorf("%+v", m.Messages)
	}
	if len(m.Layers) != 1 || m.Layers[0].Records != 31 {
		t.Errorf("%+v", m.Layers)
	}
}

func TestThePerformanceExtensionMeasuresEverySoManyRecords(t *testing.T) {
	log, rec := parsed(t, `extensions: {p: {type: performance, enabled: true, sample_rate: 10, monitor_memory: false}}`)
	for range 5000 {
		log.Info(bg, "m")
	}
	rec.ExpectCount(5000)
	m := log.Health().Monitoring
	// The race detector empties pools at random: then the number of samples is right in the mean alone.
	if m == nil || m.SampleRate != 10 || m.Latency.Samples > 1000 || m.Latency.Samples < 250 || m.Memory != nil || m.Messages[0].Records != 10*m.Latency.Samples {
		t.Errorf("%+v %+v", m, m.Latency)
	}
	if v := m.Layers[0]; v.Bytes/v.Records < 10 || v.Bytes/v.Records > 100 {
		t.Errorf("a record has %d bytes", v.Bytes/v.Records)
	}
	if log.Health().Processors != nil {
		t.Error("it is a processor")
	}
}

// counting emits how many records it saw.
type counting struct{ n int }

func (c *counting) Process(context.Context, *record.Event) bool { c.n++; return true }
func (c *counting) Ready() bool                                 { return false }
func (c *counting) Emit(processor.Occasion, func(*record.Event)) time.Time {
	return time.Time{}
}

// exempting is a processor of type security that leaves layers alone.
type exempting struct{ layers []string }

func (e *exempting) Process(_ context.Context, ev *record.Event) bool {
	ev.Message = strings.ReplaceAll(ev.Message, "hunter2", "***")
	return true
}

func (e *exempting) ExemptLayers() []string { return e.layers }

// withSecurity replaces the type that the package has.
func withSecurity(layers ...string) hydra.Option {
	return hydra.WithExtension("security", func(config.ResolvedExtension) (processor.Processor, error) {
		return &exempting{layers}, nil
	})
}

func TestOpenWarnsOfALayerThatIsExemptFromRedaction(t *testing.T) {
	log, _ := parsed(t, `extensions: {s: {type: security, enabled: true}}`, withSecurity("default"))
	r, ok := hasReason(log.Health(), health.CodeConfigWarning)
	if !ok || !strings.Contains(r.Text, `layer "default" is exempt`) || !strings.Contains(r.Text, "extensions.s") {
		t.Errorf("%+v", log.Health().Reasons)
	}
}

func TestOpenWarnsOfAPatternOfRedactionThatThereIsNot(t *testing.T) {
	log, _ := parsed(t, `extensions: {s: {type: security, enabled: true, patterns: [passwrd, EMAIL, cloud_key]}}`)
	r, ok := hasReason(log.Health(), health.CodeConfigWarning)
	if !ok || !strings.Contains(r.Text, `extensions.s: there is no pattern "passwrd"`) || strings.Contains(r.Text, "EMAIL") || strings.Contains(r.Text, "cloud_key") {
		t.Errorf("%+v", log.Health().Reasons)
	}
}

func TestDataProtectionStandsFirstWhereNoExtensionSaysOtherwise(t *testing.T) {
	log, rec := parsed(t, "enable_data_protection: true\nextensions: {k: {type: keep_back, enabled: true}, d: {type: dedupe, enabled: true}}", withSecurity())
	log.Info(bg, "password hunter2")
	rec.Expect(hydratest.HasMessage("password ***"))
	if p := log.Health().Processors; len(p) != 3 || p[0].Name != "security" {
		t.Errorf("%+v", p)
	}
}

func TestNothingThatRedactionRemovesIsInTheStoreOfKeptBackRecords(t *testing.T) {
	dir := t.TempDir()
	log, err := hydra.Parse([]byte(strings.Replace(keptConfig(dir), "extensions: {", "extensions: {s: {type: security, enabled: true}, ", 1)), withSecurity())
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	log.Debug(correlation.Ensure(bg, "a"), "held hunter2")
	files, _ := filepath.Glob(filepath.Join(dir, "state", "kept", "*.seg"))
	held := false
	for _, f := range files {
		text, _ := os.ReadFile(f)
		held = held || strings.Contains(string(text), "held ***")
		if strings.Contains(string(text), "hunter2") {
			t.Errorf("the secret is in %s", f)
		}
	}
	if !held {
		t.Errorf("the record is in none of %v", files)
	}
}
