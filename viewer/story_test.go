package viewer_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/viewer"
)

var update = flag.Bool("update", false, "write the golden files")

// peakHeap runs f and returns the most memory of objects, in bytes, that was seen meanwhile beyond what there was.
func peakHeap(t *testing.T, f func()) uint64 {
	t.Helper()
	heap := func() uint64 {
		s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	before, peak := heap(), uint64(0)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
				peak = max(peak, heap())
			}
		}
	}()
	f()
	close(done)
	<-ended
	return peak - min(before, peak)
}

// The files below testdata/NAME are those of several services; NAME.golden is the story that they tell of the id "order-1".
func TestStoriesReadAsTheyAreWrittenDown(t *testing.T) {
	for _, name := range []string{"order", "mixed"} {
		dir := filepath.Join("testdata", name)
		files, err := viewer.Files([]string{dir})
		if err != nil {
			t.Fatal(err)
		}
		s := viewer.NewStory("order-1", viewer.Options{})
		for _, f := range files {
			if err := s.File(f); err != nil {
				t.Error(err)
			}
		}
		var got bytes.Buffer
		if err := s.WriteText(&got, viewer.Style{UTC: true}); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, _ := os.ReadFile(golden)
		if got.String() != string(want) {
			t.Errorf("%s:\n%s\nwant:\n%s", name, &got, want)
		}
	}
}

const twoFiles = `
name: shop
base_log_dir: %s
journal: {dir: none}
layers:
  default:
    level: DEBUG
    destinations:
      - {type: file, path: shop.jsonl, format: json-lines, id: true}
      - {type: file, path: shop.log, format: plain-text}
      - {type: file, path: shop.bin, format: binary-compact}
`

func TestARecordThatThreeFilesHoldIsInTheStoryOnce(t *testing.T) {
	dir := t.TempDir()
	log, err := hydra.Parse(fmt.Appendf(nil, strings.Replace(twoFiles, "journal: {dir: none}\n", "", 1), dir))
	if err != nil {
		t.Fatal(err)
	}
	ctx := hydra.NewContext(correlation.Ensure(context.Background(), "order-1"), log.With(slog.String("service", "pay")))
	for range 3 {
		func() {
			var err error
			ctx, op := hydra.Begin(ctx, "charge card")
			defer op.End(&err)
			hydra.FromContext(ctx).Warn(ctx, "card is slow")
			err = errors.New("declined")
		}()
	}
	log.Info(correlation.Ensure(ctx, "other"), "another flow")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := viewer.Files([]string{dir})
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	s := viewer.NewStory("order-1", viewer.Options{})
	for _, f := range files {
		if err := s.File(f); err != nil {
			t.Error(err)
		}
	}
	if n := len(s.Entries()); n != 9 {
		var b bytes.Buffer
		_ = s.WriteText(&b, viewer.Style{})
		t.Errorf("%d records, want 9:\n%s", n, &b)
	}
	for _, x := range s.Services() {
		if x.Name != "pay" || x.Errors != 3 || x.Longest <= 0 {
			t.Errorf("%+v", x)
		}
	}
}

func TestTextOfAnybodyReachesNoTerminal(t *testing.T) {
	s := viewer.NewStory("order-1", viewer.Options{})
	_ = s.Read(strings.NewReader(`{"msg":"a\u001b[2J\n\u202eb","correlation_id":"order-1","service":"\u001b[31m","k\u0007":"\u009b"}`), "f")
	var b bytes.Buffer
	_ = s.WriteText(&b, viewer.Style{})
	if strings.ContainsAny(b.String(), "\x1b\x07\u009b\u202e") || !strings.Contains(b.String(), `a\u001b[2J\n\u202eb`) {
		t.Errorf("%q", b.String())
	}
}

func TestIdsThatGoInCirclesEnd(t *testing.T) {
	s := viewer.NewStory("order-1", viewer.Options{})
	_ = s.Read(strings.NewReader(`{"msg":"a","correlation_id":"order-1","message_id":"m","causation_id":"m","operation_id":"o","operation_parent_id":"o"}
{"msg":"b","correlation_id":"order-1","message_id":"n","causation_id":"m"}`), "f")
	var b bytes.Buffer
	if err := s.WriteText(&b, viewer.Style{}); err != nil || strings.Count(b.String(), "\n") != 6 {
		t.Error(err, b.String())
	}
}

func TestAnIdThatJSONMayEscapeIsFound(t *testing.T) {
	s := viewer.NewStory("shop/7+a", viewer.Options{})
	_ = s.Read(strings.NewReader(`{"msg":"a","correlation_id":"shop\/7\u002ba"}`+"\n"+`{"msg":"b","correlation_id":"shop/7+a"}`+"\n"+`{"msg":"\n","correlation_id":"shop"}`), "f")
	if n := len(s.Entries()); n != 2 {
		t.Errorf("%d records", n)
	}
}

func TestAStoryKeepsABoundedNumberOfBytes(t *testing.T) {
	s := viewer.NewStory("order-1", viewer.Options{Max: 1 << 30})
	fields := strings.Builder{}
	for i := range 60 {
		fmt.Fprintf(&fields, `,"k%d":"%s"`, i, strings.Repeat("x", 500))
	}
	line := []byte(`{"correlation_id":"order-1","msg":"` + strings.Repeat("m", 4000) + `"` + fields.String() + "}")
	e, n := viewer.Entry{File: "f"}, 0
	viewer.ParseLine(&e, line)
	for ; s.Left() == 0 && n < 10_000; n++ {
		e.Time = time.Unix(int64(n), 0)
		s.Add(&e)
	}
	if n < 1000 || n > 5000 {
		t.Errorf("%d records of 34 KiB were kept", n)
	}
}

func TestColoursAndAttributesAreAsTheStyleSays(t *testing.T) {
	s := viewer.NewStory("order-1", viewer.Options{})
	_ = s.Read(strings.NewReader(`{"msg":"a","level":"error","correlation_id":"order-1","k":"v"}`), "f")
	var plain, colored bytes.Buffer
	_ = s.WriteText(&plain, viewer.Style{NoFields: true})
	_ = s.WriteText(&colored, viewer.Style{Color: true})
	if strings.Contains(plain.String(), "k=v") || strings.Contains(plain.String(), "\x1b") || !strings.Contains(colored.String(), "\x1b[31;1mERROR") {
		t.Errorf("%q\n%q", &plain, &colored)
	}
}

func TestALineWithoutATimeStandsBehindTheOneBeforeItInItsFile(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := viewer.NewStory("flow-1", viewer.Options{})
	for _, e := range []viewer.Entry{
		{File: "bare", Message: "nowhere flow-1"},
		{File: "app", Time: at, Message: "first flow-1", HasLevel: true},
		{File: "app", Message: "between flow-1"},
		{File: "app", Time: at.Add(2 * time.Second), Message: "third flow-1"},
		{File: "other", Time: at.Add(time.Second), Message: "second flow-1"},
	} {
		e.Service, e.IDs.Correlation = e.File, "flow-1"
		s.Add(&e)
	}
	var got bytes.Buffer
	if err := s.WriteText(&got, viewer.Style{UTC: true}); err != nil {
		t.Fatal(err)
	}
	want := `flow-1  3 services, 5 records, 0 errors, 2.000s
from 2026-01-02 03:04:05.000000 +00:00

  app    3 records        +0µs –   +2.000s
  other  1 record      +1.000s –   +1.000s
  bare   1 record            ? –         ?

     +0µs  app      INFO      first flow-1
        ?  app                between flow-1
  +1.000s  other              second flow-1
  +2.000s  app                third flow-1
        ?  bare               nowhere flow-1
`
	if got.String() != want {
		t.Errorf("%s\nwant\n%s", &got, want)
	}
}

func TestTheFilesOfTheLayersOfAServiceAreOneService(t *testing.T) {
	dir := t.TempDir()
	for name, layer := range map[string]string{"app": "default", "audit": "audit"} {
		line := `{"timestamp":"2026-01-02T03:04:05Z","level":"INFO","layer":"` + layer + `","logger":"shop","message":"` + name + `","correlation_id":"flow-1"}` + "\n"
		if err := os.WriteFile(filepath.Join(dir, name+".jsonl"), []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A name of another library's logger is no service.
	if err := os.WriteFile(filepath.Join(dir, "zap.jsonl"), []byte(`{"ts":1767323045,"level":"info","logger":"pool","msg":"x","correlation_id":"flow-1"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := viewer.Files([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	s := viewer.NewStory("flow-1", viewer.Options{})
	for _, f := range files {
		if err := s.File(f); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]int{}
	for _, x := range s.Services() {
		got[x.Name] = x.Records
	}
	if len(got) != 2 || got["shop"] != 2 || got["zap"] != 1 {
		t.Errorf("%v", got)
	}
}
