package hydra_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/record"
)

func TestIdsOfTheContextAreOnEveryDestination(t *testing.T) {
	text, json := &recording{}, &recording{}
	log, rec := hydratest.New(t,
		hydra.WithDestination("", hydra.DestinationOptions{Name: "text", Driver: text, Format: "plain-text"}),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "json", Driver: json}))
	ctx := correlation.With(bg, record.IDs{
		CorrelationID: "flow-7", CausationID: "event-3", MessageID: "msg-9",
		TraceID: [16]byte{0x4b, 0xf9}, SpanID: [8]byte{0x00, 0xf0}, TraceFlags: 1,
	})
	cancelled, cancel := context.WithCancel(ctx)
	cancel() // the end of a context is no reason not to log
	log.Info(cancelled, "call")
	log.Slog().InfoContext(ctx, "slog")
	log.LogBatch(ctx, []hydra.Record{{Message: "batch"}})
	log.Info(bg, "none")
	mustFlush(t, log)
	for _, msg := range []string{"call", "slog", "batch"} {
		r := rec.Expect(hydratest.HasMessage(msg), hydratest.HasCorrelationID("flow-7"))
		if r.IDs.CausationID != "event-3" || r.IDs.MessageID != "msg-9" || r.IDs.TraceID[0] != 0x4b || r.IDs.SpanID[1] != 0xf0 {
			t.Errorf("%s: %+v", msg, r.IDs)
		}
	}
	rec.Expect(hydratest.HasMessage("none"), hydratest.HasCorrelationID(""))
	if n := strings.Count(json.text(), `"correlation_id":"flow-7","causation_id":"event-3","message_id":"msg-9","trace_id":"4bf9`); n != 3 {
		t.Errorf("%d: %s", n, json.text())
	}
	if n := strings.Count(text.text(), "correlation_id=flow-7"); n != 3 {
		t.Errorf("%d: %s", n, text.text())
	}
}

func TestErrKeepsTheChainAndFieldsSorts(t *testing.T) {
	log, driver := memoryLogger(t, nil)
	err := fmt.Errorf("charge: %w", fmt.Errorf("card: %w", io.ErrUnexpectedEOF))
	log.Error(bg, "m", hydra.Err(err), hydra.Err(nil))
	log.Info(bg, "m", hydra.Fields(map[string]any{"b": 2, "a": "one", "c": map[string]any{"d": true}})...)
	lines := strings.Split(string(driver.Bytes()), "\n")
	if !strings.Contains(lines[0], `"error":"charge: card: unexpected EOF"`) || !strings.Contains(lines[0], `"message":"unexpected EOF"`) || strings.Count(lines[0], `"error":`) != 1 {
		t.Error(lines[0])
	}
	if !strings.Contains(lines[1], `"a":"one","b":2,"c":{"d":true}}`) {
		t.Error(lines[1])
	}
}

func TestBoundAttributesAndGroupsNest(t *testing.T) {
	log, rec := hydratest.New(t)
	shop := log.With(slog.String("service", "shop"))
	order := shop.WithGroup("order").With(slog.Int("id", 42))
	order.Info(bg, "nested", slog.Bool("paid", true))
	shop.Info(bg, "beside")
	shop.WithGroup("").With().Info(bg, "no group, no attributes", slog.Int("n", 1))
	rec.Expect(hydratest.HasMessage("nested"), hydratest.HasAttr("service", "shop"), hydratest.HasAttr("order.id", 42), hydratest.HasAttr("order.paid", true))
	rec.Expect(hydratest.HasMessage("beside"), hydratest.HasAttr("service", "shop"), hydratest.Not(hydratest.HasKey("order")))
	rec.Expect(hydratest.HasMessage("no group, no attributes"), hydratest.HasAttr("n", 1))
}

func TestSourceIsThePlaceOfTheCall(t *testing.T) {
	log, rec := hydratest.Open(t, hydra.Config{AddSource: true})
	log.Info(bg, "call")
	log.Log(bg, hydra.LevelInfo, "log")
	log.Slog().Info("slog")
	withProcessor, recP := hydratest.Open(t, hydra.Config{AddSource: true}, hydra.WithProcessor(dropNoise))
	withProcessor.Error(bg, "call")
	for _, r := range append(rec.Records(), recP.Records()...) {
		if !strings.HasSuffix(r.Source.File, "fields_test.go") || r.Source.Line == 0 || !strings.Contains(r.Source.Function, "TestSourceIsThePlaceOfTheCall") {
			t.Errorf("%s: %+v", r.Message, r.Source)
		}
	}
}

func TestOldCodeWritesLines(t *testing.T) {
	log, rec := hydratest.New(t)
	w := log.Writer(hydra.LevelWarning)
	for _, part := range []string{"one\ntwo\r\nth", "ree", "\n\n", "unfinished"} {
		if n, err := io.WriteString(w, part); n != len(part) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	rec.ExpectCount(4, hydratest.Level(hydra.LevelWarning))
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rec.Records() {
		got = append(got, r.Message)
	}
	if fmt.Sprintf("%q", got) != `["one" "two" "three" "" "unfinished"]` {
		t.Errorf("%q", got)
	}
	rec.Reset()
	log.Layer("http").StdLogger(hydra.LevelError).Printf("http: %s\nin two lines", "boom")
	rec.Expect(hydratest.HasMessage("http: boom\nin two lines"), hydratest.Level(hydra.LevelError), hydratest.Layer("http"))
}

func TestALineWithoutEndIsWrittenInPieces(t *testing.T) {
	log, rec := hydratest.New(t)
	w := log.Writer(hydra.LevelInfo)
	const most = 1 << 20
	for range 40 {
		if _, err := w.Write(make([]byte, 100_000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(rec.Records()); n < 3 || n > 5 {
		t.Errorf("%d pieces of 4 MB, of %d each", n, most)
	}
}

func TestANilLoggerAndDiscardDoNothing(t *testing.T) {
	for name, log := range map[string]*hydra.Logger{"nil": nil, "discard": hydra.Discard, "derived from discard": hydra.Discard.Layer("x").With(slog.Int("n", 1)).WithGroup("g")} {
		t.Run(name, func(t *testing.T) {
			log.Trace(bg, "m")
			log.Debug(bg, "m")
			log.Info(nil, "m") //nolint:staticcheck // a nil context is allowed
			log.Warn(bg, "m")
			log.Error(bg, "m")
			log.Critical(bg, "m")
			log.Log(bg, hydra.LevelError, "m")
			log.LogBatch(bg, []hydra.Record{{Message: "m"}})
			log.Named("n").Error(bg, "m")
			log.Slog().With("k", "v").WithGroup("g").Error("m")
			log.StdLogger(hydra.LevelInfo).Print("m")
			if _, err := log.Writer(hydra.LevelInfo).Write([]byte("m\n")); err != nil {
				t.Error(err)
			}
			if log.Enabled(bg, hydra.LevelCritical) || log.Handler().Enabled(bg, slog.LevelError) {
				t.Error("enabled")
			}
			if log.Layer("a").With(slog.Int("n", 1)).WithGroup("g").Enabled(bg, hydra.LevelCritical) {
				t.Error("derived: enabled")
			}
			err := errors.Join(log.Flush(bg), log.Sync(nil), log.SetLevel("a", 0), log.Close(), log.Shutdown(bg), log.Close()) //nolint:staticcheck // a nil context is allowed
			if err != nil {
				t.Error(err)
			}
			if r := log.Health(); r.Status != "healthy" || len(r.Destinations) != 0 {
				t.Errorf("%+v", r)
			}
			ran := false
			if err := log.Run(bg, func(context.Context) error { ran = true; return nil }); err != nil || !ran {
				t.Errorf("%v, ran %v", err, ran)
			}
			log.Guard()
		})
	}
}

func TestLimitsHoldForCallsBoundAttributesAndProcessors(t *testing.T) {
	limits := hydra.WithLimits(record.Limits{String: 100, Elements: 3})
	for name, opts := range map[string][]hydra.Option{
		"plain": {limits}, "with a processor": {limits, hydra.WithProcessor(dropNoise)},
	} {
		t.Run(name, func(t *testing.T) {
			log, rec := hydratest.New(t, opts...)
			long := strings.Repeat("x", 1000)
			log.With(slog.String("bound", long)).Info(bg, long, slog.String("call", long), slog.Any("list", []int{1, 2, 3, 4, 5, 6}))
			log.Slog().With("bound", long).Info(long, "call", long, "list", []int{1, 2, 3, 4, 5, 6})
			log.LogBatch(bg, []hydra.Record{{Message: long, Attrs: []slog.Attr{slog.String("call", long)}}})
			records := rec.Records()
			if len(records) != 3 {
				t.Fatalf("%d records", len(records))
			}
			for _, r := range records {
				if len(r.Text) > 700 || !strings.Contains(r.Text, "!CUT") {
					t.Errorf("%d bytes: %s", len(r.Text), r.Text)
				}
			}
		})
	}
}

// panicking is a value of a user that panics in every way that it is asked.
type panicking struct{}

func (panicking) String() string               { panic("in String") }
func (panicking) MarshalText() ([]byte, error) { panic("in MarshalText") }
func (panicking) LogValue() slog.Value         { panic("in LogValue") }

func TestValuesThatPanicInAThousandGoroutinesCostNoRecord(t *testing.T) {
	const goroutines = 1000
	dir := t.TempDir()
	log := hydra.Must(hydra.New(fileConfig(dir)))
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			log.Info(bg, "hostile", slog.Int("g", g), slog.Any("value", panicking{}), slog.Any("error", panickingError{}))
			log.Info(bg, "fine", slog.Int("g", g))
		})
	}
	wg.Wait()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, log)
	seen := map[string]map[int]int{"hostile": {}, "fine": {}}
	for _, l := range readLines(t, filepath.Join(dir, "app.jsonl")) {
		seen[l.Message][*l.G]++
	}
	for message, gs := range seen {
		for g := range goroutines {
			if gs[g] != 1 {
				t.Fatalf("%q of goroutine %d is there %d times", message, g, gs[g])
			}
		}
	}
	checkNothingLeft(t, dir)
}

type panickingError struct{}

func (panickingError) Error() string { panic("in Error") }
