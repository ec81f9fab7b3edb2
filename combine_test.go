package hydra_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/internal/leak"
)

func TestACombinedLoggerReachesEachMemberByItsOwnLevel(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	open := func(name, level string) *hydra.Logger {
		log, err := hydra.Parse([]byte(fmt.Sprintf("name: %s\nbase_log_dir: %s\nlayers: {default: {level: %s, destinations: [{type: file, path: %s.jsonl}]}}\n", name, dir, level, name)))
		if err != nil {
			t.Fatal(err)
		}
		return log
	}
	a, b := open("a", "INFO"), open("b", "ERROR")
	all := hydra.Combine(a, nil, b, a)
	all.With(slog.Int("n", 0)).Info(t.Context(), "one")
	all.Layer("events").Error(t.Context(), "two", slog.Int("n", 1))
	all.Slog().Error("three")
	if all.Enabled(t.Context(), hydra.LevelDebug) || !all.Enabled(t.Context(), hydra.LevelInfo) {
		t.Error("Enabled is not what the members say")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	all.Error(t.Context(), "four")
	if err := all.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"a": 4, "b": 2} {
		if got := readLines(t, dir+"/"+name+".jsonl"); len(got) != want {
			t.Errorf("%s has %d records, want %d", name, len(got), want)
		}
	}
}

func TestANamedLoggerInheritsFromTheOneBeforeItsLastDot(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	log, err := hydra.Parse([]byte("name: payments\nbase_log_dir: " + dir + "\nlayers: {default: {destinations: [{type: file, path: a.log, format: logfmt}]}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if hydra.Get("refunds") != nil || hydra.Get("paymentsx.y") != nil {
		t.Error("a name without a logger has one")
	}
	hydra.Get("payments.refunds.eu").With(slog.Int("n", 1)).Info(t.Context(), "refunded")
	log.Info(t.Context(), "paid")
	hydra.Combine(log).Named("other").Info(t.Context(), "of another name")
	_ = log.Slog().Handler().(interface{ Named(string) slog.Handler }).Named("bridge").WithGroup("g").Handle(t.Context(), slog.Record{Message: "bridged"})
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	text := textOf(t, filepath.Join(dir, "a*"))
	for _, want := range []string{"msg=refunded logger=payments.refunds.eu n=1", "msg=paid logger=payments\n", `msg="of another name" logger=other`, "msg=bridged logger=bridge"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
}

// textOf is what is in the one file that a pattern names.
func textOf(t *testing.T, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
