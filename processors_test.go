package hydra_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/redact"
	"github.com/hydra-logger/hydra/record"
)

// dropNoise drops records with the message "noise".
var dropNoise = processor.Func(func(_ context.Context, e *record.Event) bool { return e.Message != "noise" })

// panicky panics on records with the message "poison".
var panicky = processor.Func(func(_ context.Context, e *record.Event) bool {
	if e.Message == "poison" {
		panic("secret in the panic")
	}
	return true
})

func TestWhatAProcessorDropsIsSubmittedAndCountedByLevel(t *testing.T) {
	log, rec := hydratest.New(t, hydra.WithProcessor(dropNoise))
	log.Info(bg, "noise")
	log.Error(bg, "noise")
	log.Slog().Warn("noise")
	log.Info(bg, "signal")
	log.Slog().Info("signal")
	rec.ExpectCount(2)
	rec.ExpectCount(2, hydratest.HasMessage("signal"))
	l := destOf(t, log, hydratest.RecorderName).Ledger
	if d := l.Dropped["processor"]; l.Submitted.Total() != 5 || d["INFO"] != 1 || d["WARNING"] != 1 || d["ERROR"] != 1 {
		t.Errorf("%+v", l)
	}
}

func TestARecordOnWhichAProcessorPanicsIsKeptWithoutItsContent(t *testing.T) {
	dir := t.TempDir()
	log, rec := hydratest.Open(t, hydra.Config{Journal: hydra.Journal{Dir: dir}}, hydra.WithProcessor(panicky))
	log.Error(bg, "poison", slog.String("password", "hunter2"))
	log.Info(bg, "fine", slog.Int("n", 1))
	r := rec.Expect(hydratest.Level(hydra.LevelError), hydratest.HasKey(processor.FailedKey))
	if strings.Contains(r.Text, "hunter2") || strings.Contains(r.Text, "poison") || strings.Contains(r.Text, "secret") {
		t.Errorf("the record still says %q", r.Text)
	}
	rec.Expect(hydratest.HasMessage("fine"), hydratest.HasAttr("n", 1))
	if reason, ok := hasReason(log.Health(), health.CodeProcessorFailed); !ok || reason.Status != health.Degraded {
		t.Errorf("%+v", log.Health().Reasons)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.seg"))
	for _, f := range files {
		if text, _ := os.ReadFile(f); strings.Contains(string(text), "hunter2") {
			t.Errorf("the journal holds what was withheld: %s", f)
		}
	}
}

func TestProcessorsChangeWhatEveryDestinationSeesInTheirOrder(t *testing.T) {
	add := func(key string) hydra.Option {
		return hydra.WithProcessor(processor.Func(func(_ context.Context, e *record.Event) bool {
			e.Attrs = append(e.Attrs, slog.Int(key, len(e.Attrs)))
			e.Level, e.Layer = hydra.LevelTrace, "elsewhere" // has no effect
			return true
		}))
	}
	other := &recording{}
	log, rec := hydratest.New(t, add("first"), add("second"), hydra.WithDestination("", hydra.DestinationOptions{Name: "other", Driver: other}))
	log.With(slog.String("k", "v")).Info(bg, "m")
	rec.Expect(hydratest.HasAttr("k", "v"), hydratest.HasAttr("first", 1), hydratest.HasAttr("second", 2),
		hydratest.Level(hydra.LevelInfo), hydratest.Layer("default"))
	mustFlush(t, log)
	if !strings.Contains(other.text(), `"k":"v","first":1,"second":2`) {
		t.Error(other.text())
	}
}

func TestAProcessorSeesTheContextOfTheCall(t *testing.T) {
	type key struct{}
	log, rec := hydratest.New(t, hydra.WithProcessor(processor.Func(func(ctx context.Context, e *record.Event) bool {
		tenant, _ := ctx.Value(key{}).(string)
		e.Attrs = append(e.Attrs, slog.String("tenant", tenant))
		return true
	})))
	ctx := context.WithValue(bg, key{}, "acme")
	log.Info(ctx, "call")
	log.Slog().InfoContext(ctx, "slog")
	log.LogBatch(nil, []hydra.Record{{Context: ctx, Message: "batch"}})
	log.Info(nil, "none") //nolint:staticcheck // a nil context is allowed
	for _, msg := range []string{"call", "slog", "batch"} {
		rec.Expect(hydratest.HasMessage(msg), hydratest.HasAttr("tenant", "acme"))
	}
	rec.Expect(hydratest.HasMessage("none"), hydratest.HasAttr("tenant", ""))
}

func TestTheMessageOfACallAfterCloseIsRedactedOnStandardErrorToo(t *testing.T) {
	for name, opts := range map[string][]hydra.Option{
		"redactor":  {hydra.WithProcessor(must(redact.New(redact.Options{})))},
		"unknown":   {hydra.WithProcessor(opaque{}), hydra.WithProcessor(must(redact.New(redact.Options{})))},
		"panicking": {hydra.WithProcessor(must(redact.New(redact.Options{GoRules: []redact.GoRule{{Name: "x", Find: func(s string) (int, int) { panic(s) }}}})))},
	} {
		text := stderrOf(t, func() {
			log := hydra.Must(hydra.New(fileConfig(t.TempDir()), opts...))
			_ = log.Close()
			log.Error(context.Background(), "login with password=hunter2 failed")
		})
		if !strings.Contains(text, "1 log calls after Close") || strings.Contains(text, "hunter2") {
			t.Errorf("%s: standard error has %q", name, text)
		}
	}
}

// opaque is a processor of which nothing is known.
type opaque struct{}

func (opaque) Process(context.Context, *record.Event) bool { return true }
