package viewer_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
	"github.com/hydra-logger/hydra/viewer"
)

func show(e *viewer.Entry) string {
	level := "?"
	if e.HasLevel {
		level = e.Level.String()
	}
	s := fmt.Sprintf("%s %s %s/%s %q corr=%s cause=%s msg=%s trace=%s", e.Time.UTC().Format(time.RFC3339Nano), level, e.Service, e.Layer, e.Message,
		e.IDs.Correlation, e.IDs.Causation, e.IDs.Message, e.IDs.Trace)
	if e.Work.HasDuration {
		s += " took=" + e.Work.Duration.String()
	}
	if e.Error != "" {
		s += fmt.Sprintf(" err=%q", e.Error)
	}
	for _, f := range e.Fields {
		s += " " + f.Key + "=" + f.Value
	}
	return s
}

func TestLinesOfOtherLoggersTellTheirIds(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"slog", `{"time":"2026-11-24T10:00:00.5Z","level":"ERROR","msg":"declined","correlation_id":"c1","service":"pay","err":"no funds","duration":1500000,"n":2}`,
			`2026-11-24T10:00:00.5Z ERROR pay/ "declined" corr=c1 cause= msg= trace= took=1.5ms err="no funds" n=2`},
		{"zap", `{"level":"info","ts":1795514400.25,"logger":"pay","caller":"a.go:1","msg":"ok","requestId":"c1","duration":0.002}`,
			`2026-11-24T10:00:00.25Z INFO app/ "ok" corr=c1 cause= msg= trace= took=2ms caller=a.go:1`},
		{"zerolog", `{"level":"warn","correlationId":"c1","time":"2026-11-24T10:00:00Z","message":"slow"}`,
			`2026-11-24T10:00:00Z WARN app/ "slow" corr=c1 cause= msg= trace=`},
		{"logrus", `{"correlation_id":"c1","level":"error","msg":"bad","time":"2026-11-24T11:00:00+01:00"}`,
			`2026-11-24T10:00:00Z ERROR app/ "bad" corr=c1 cause= msg= trace=`},
		{"pino", `{"level":50,"time":1795514400123,"pid":7,"hostname":"h","name":"cart","reqId":"c1","responseTime":12.5,"msg":"done"}`,
			`2026-11-24T10:00:00.123Z ERROR cart/ "done" corr=c1 cause= msg= trace= took=12.5ms hostname=h`},
		{"ecs", `{"@timestamp":"2026-11-24T10:00:00Z","log":{"level":"error"},"message":"m","service":{"name":"pay"},"labels":{"correlation_id":"c1"},"trace":{"id":"t1"},"error":{"message":"boom"}}`,
			`2026-11-24T10:00:00Z ERROR pay/ "m" corr=c1 cause= msg= trace=t1 err="boom"`},
		{"python", `{"timestamp":"2026-11-24T10:00:00.000001Z","level":40,"level_name":"ERROR","message":"m","layer":"api","correlation_id":"c1","extra":{"causation_id":"e1","n":1}}`,
			`2026-11-24T10:00:00.000001Z ERROR app/api "m" corr=c1 cause=e1 msg= trace= extra.n=1`},
		{"kubernetes", `2026-11-24T10:00:00.5Z stdout F {"level":"info","msg":"x","correlation_id":"c1"}`,
			`2026-11-24T10:00:00.5Z INFO app/ "x" corr=c1 cause= msg= trace=`},
		{"docker", `{"log":"{\"level\":\"warn\",\"msg\":\"x\",\"correlation_id\":\"c1\"}\n","stream":"stdout","time":"2026-11-24T10:00:00.5Z"}`,
			`2026-11-24T10:00:00.5Z WARN app/ "x" corr=c1 cause= msg= trace=`},
		{"of Hydra-Logger, which names its logger", `{"timestamp":"2026-11-24T10:00:00Z","level":"INFO","layer":"api","logger":"pay.refunds","message":"x","correlation_id":"c1"}`,
			`2026-11-24T10:00:00Z INFO pay/api "x" corr=c1 cause= msg= trace=`},
		{"of Hydra-Logger, which names its service too", `{"timestamp":"2026-11-24T10:00:00Z","level":"INFO","layer":"api","logger":"pay","message":"x","correlation_id":"c1","service":"shop"}`,
			`2026-11-24T10:00:00Z INFO shop/api "x" corr=c1 cause= msg= trace=`},
		{"logfmt", `ts=2026-11-24T10:00:00Z level=error msg="it broke" correlation_id=c1 service=pay n=1`,
			`2026-11-24T10:00:00Z ERROR pay/ "it broke" corr=c1 cause= msg= trace= n=1`},
		{"text", `2026-11-24 10:00:00Z [ERROR] could not pay correlation_id=c1 amount="1 EUR"`,
			`2026-11-24T10:00:00Z ERROR app/ "could not pay" corr=c1 cause= msg= trace= amount=1 EUR`},
		{"a text with an equals sign", `a=b is not an end correlation_id="c\"1"`, `0001-01-01T00:00:00Z ? app/ "a=b is not an end" corr=c"1 cause= msg= trace=`},
		{"syslog", `<11>1 2026-11-24T10:00:00Z h pay 7 api [x@1 correlation_id="c1" t="a \"b\" \]"] text of it`,
			`2026-11-24T10:00:00Z ERROR pay/api "text of it" corr=c1 cause= msg= trace= t=a "b" ]`},
		{"half a syslog line", `<11>1 2026-11-24T10:00:00Z h pay 7 api [x@1 correlation_id="c1`, `2026-11-24T10:00:00Z ERROR pay/api " correlation_id=\"c1" corr= cause= msg= trace=`},
	} {
		e := viewer.Entry{Service: "app"}
		viewer.ParseLine(&e, []byte(c.line))
		if got := show(&e); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// one is a record with all that a story needs.
func one(t *testing.T) *record.View {
	t.Helper()
	ids := &record.IDs{CorrelationID: "c1", CausationID: "m1", MessageID: "m2", TraceID: [16]byte{1}, SpanID: [8]byte{2}}
	at := time.Date(2026, 11, 24, 10, 0, 0, 123456000, time.UTC)
	var e record.Encoder
	raw := e.Encode(&record.Header{Time: at.UnixNano(), Level: slog.LevelError, Layer: "api", Message: "could not pay", IDs: ids}, nil, []slog.Attr{
		slog.String("service", "pay"), slog.String("operation_id", "o1"), slog.String("phase", "end"), slog.Duration("duration", 1500*time.Microsecond),
		slog.Any("err", errors.New("no funds")), slog.Int("n", 7)})
	v := &record.View{}
	if err := v.Decode(bytes.Clone(raw)); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEveryFormatThatCanBeReadTellsTheSame(t *testing.T) {
	v := one(t)
	options := map[string]format.Options{}
	for _, name := range []string{"json-lines", "json", "plain-text", "colored", "detailed", "logfmt", "csv", "syslog", "gelf", "logstash", "binary-compact", "binary-extended"} {
		options[name] = format.Options{Service: "pay"}
	}
	for _, schema := range []string{"flat", "hydra", "slog", "zap", "zerolog", "otel", "ecs", "gcp", "datadog", "aws"} {
		options["json-lines "+schema] = format.Options{Schema: schema, Service: "pay"}
	}
	for name, o := range options {
		f, err := format.New(strings.Fields(name)[0], o)
		if err != nil {
			t.Fatal(err)
		}
		var file []byte
		if h, ok := f.(format.Headed); ok {
			file = append(file, h.Header()...)
		}
		file = f.Append(file, v)
		n := 0
		err = viewer.Scan(bytes.NewReader(file), "app.log", "c1", func(e *viewer.Entry) {
			n++
			if e.IDs.Correlation != "c1" || e.IDs.Causation != "m1" || e.IDs.Message != "m2" || e.Message != "could not pay" || e.Layer != "api" ||
				!e.Failed() || e.Error != "no funds" || e.Service != "pay" || e.Work.ID != "o1" || e.Work.Phase != "end" ||
				e.Work.Duration != 1500*time.Microsecond || e.Time.UnixMilli() != v.Time/1e6 {
				t.Errorf("%s: %s %+v\nof %s", name, show(e), e.Work, file)
			}
		})
		if err != nil || n != 1 {
			t.Errorf("%s: %d entries, %v", name, n, err)
		}
	}
}

func compressed(t *testing.T, how string, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if how == "zstd" {
		w, _ = zstd.NewWriter(&b)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCompressedFilesAreReadAndWhatIsWholeOfABrokenOne(t *testing.T) {
	text := []byte(strings.Repeat(`{"level":"info","msg":"x","correlation_id":"c1"}`+"\n", 3_000))
	for _, how := range []string{"gzip", "zstd"} {
		file := compressed(t, how, text)
		n := 0
		count := func(*viewer.Entry) { n++ }
		if err := viewer.Scan(bytes.NewReader(append(file, file...)), "f", "c1", count); err != nil || n != 6_000 {
			t.Errorf("%s: %d, %v", how, n, err)
		}
		if err := viewer.Scan(bytes.NewReader(file[:len(file)-3]), "f", "c1", count); err == nil || !strings.HasPrefix(err.Error(), "f: ") {
			t.Errorf("%s, cut off: %v", how, err)
		}
	}
	for _, file := range []string{"HLR1 damaged", "\xbf damaged"} { // binary-compact, binary-extended
		if err := viewer.Scan(strings.NewReader(file), "f", "c1", nil); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%q: %v", file, err)
		}
	}
}

// endless is a file of many gigabytes: lines without the id, and one with it at times.
type endless struct {
	left int64
	line []byte
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := copy(p, e.line[e.at:])
	e.at = (e.at + n) % len(e.line)
	e.left -= int64(n)
	return n, nil
}

func TestALargeFileIsReadWithBoundedMemory(t *testing.T) {
	line := []byte(strings.Repeat(`{"level":"info","msg":"x","correlation_id":"other"}`+"\n", 2000) + `{"level":"info","msg":"` + strings.Repeat("y", 10_000) + `","correlation_id":"c1"}` + "\n")
	s := viewer.NewStory("c1", viewer.Options{Max: 100})
	size := int64(1 << 30)
	if os.Getenv("HYDRA_FULL") == "" || testing.Short() {
		size = 128 << 20
	}
	peak := peakHeap(t, func() {
		if err := s.Read(&endless{left: size, line: line}, "f"); err != nil {
			t.Fatal(err)
		}
	})
	if len(s.Entries()) != 100 || s.Left() < 500 {
		t.Errorf("%d kept, %d left out", len(s.Entries()), s.Left())
	}
	if peak > 64<<20 {
		t.Errorf("heap reached %d MiB", peak>>20)
	}
}

func TestFoldersAreReadAndHiddenFilesAreNot(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.jsonl", "sub/b.log", ".hydra/app/x", ".c"} {
		_ = os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700)
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := viewer.Files([]string{dir, filepath.Join(dir, ".c")})
	if err != nil || len(files) != 3 || !strings.HasSuffix(files[2], ".c") {
		t.Error(files, err)
	}
	if _, err := viewer.Files([]string{filepath.Join(dir, "none")}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func FuzzParseLine(f *testing.F) {
	for _, s := range []string{`{"msg":"x","correlation_id":"c"}`, "| a | INFO | l | m a=b", `<11>1 - - - - - [a b="c"] m`, `a="b\" c" "d e"=f`,
		`2026-01-01T00:00:00Z stdout F {"log":"{}"}`, "{\"a\":{\"b\":[1,{\"c\":null}]}}", "panic: x\n\ngoroutine 1 [running]:\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var e viewer.Entry
		viewer.ParseLine(&e, line)
		s := viewer.NewStory("c", viewer.Options{})
		e.IDs.Correlation = "c"
		s.Add(&e)
		var out bytes.Buffer
		if err := s.WriteText(&out, viewer.Style{UTC: true}); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(out.String(), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }) {
			t.Errorf("a control character comes out: %q", out.String())
		}
		if n := strings.Count(out.String(), "\n"); n > 8 {
			t.Errorf("%d lines for one record: %q", n, out.String())
		}
	})
}

func FuzzScan(f *testing.F) {
	f.Add([]byte("timestamp,level_name,x\na,INFO,c\n"))
	f.Add([]byte("HLR1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Add([]byte("\x28\xb5\x2f\xfd"))
	f.Fuzz(func(t *testing.T, file []byte) {
		_ = viewer.Scan(bytes.NewReader(file), "f", "", func(e *viewer.Entry) {
			if e.Line < 1 {
				t.Errorf("line %d", e.Line)
			}
		})
	})
}
