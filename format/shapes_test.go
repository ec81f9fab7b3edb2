package format

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

func TestSchemasMatchTheirGoldenFiles(t *testing.T) {
	for _, schema := range Schemas() {
		o := Options{Schema: schema, ID: true, Service: "shop", Project: "p-1"}
		var got []byte
		for _, v := range []*record.View{vectorA(t), vectorB(t), rich(t)} {
			got = append(got, formatted(t, JSONLines, o, v)...)
		}
		file := filepath.Join("testdata", "schema-"+schema+".golden")
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", schema, got, want)
		}
		for line := range bytes.Lines(got) {
			checkJSON(t, string(line))
		}
	}
}

func TestSchemasUseTheNamesOfTheirOrigin(t *testing.T) {
	v := vectorA(t)
	for schema, want := range map[string]map[string]any{
		SchemaHydra: {"timestamp": "2024-01-02T15:04:05.678901Z", "level": 40.0, "level_name": "ERROR", "logger_name": "svc", "layer": "api",
			"file_name": "api.py", "function_name": "handle", "line_number": 11.0, "extra": map[string]any{"code": "E-1", "n": 2.0, "trace": "t-1"}},
		SchemaSlog:    {"level": "ERROR", "msg": `disk "full", retry`, "code": "E-1"},
		SchemaZap:     {"level": "error", "ts": json.Number("1704207845.678901000"), "caller": "api.py:11", "logger": "svc", "msg": `disk "full", retry`},
		SchemaZerolog: {"level": "error", "message": `disk "full", retry`, "caller": "api.py:11"},
		SchemaOTel:    {"severity_text": "ERROR", "severity_number": 17.0, "body": `disk "full", retry`},
		SchemaECS:     {"@timestamp": "2024-01-02T15:04:05.678901000Z", "log.level": "error", "log.logger": "svc", "log.origin.file.line": 11.0},
		SchemaGCP:     {"severity": "ERROR", "logging.googleapis.com/sourceLocation": map[string]any{"file": "api.py", "line": "11", "function": "handle"}},
		SchemaDatadog: {"status": "error", "logger.name": "svc", "logger.method_name": "handle"},
		SchemaAWS:     {"level": "ERROR", "location": "handle:11", "name": "svc"},
	} {
		got := checkJSON(t, formatted(t, JSONLines, Options{Schema: schema}, v))
		for key, value := range want {
			if a, b := jsonText(t, got[key]), jsonText(t, value); a != b {
				t.Errorf("%s: %s is %s, want %s", schema, key, a, b)
			}
		}
	}
}

func jsonText(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestKeysRenameWhatTheRecordSaysOfItself(t *testing.T) {
	v := build(t, record.Header{Time: vectorTime, Layer: "api", Message: "m"}, slog.String("ts", "mine"), slog.String("timestamp", "free now"))
	got := checkJSON(t, formatted(t, JSONLines, Options{Keys: map[string]string{"time": "ts", "message": "text"}}, v))
	if got["ts"] != "2024-01-02T15:04:05.678901000Z" || got["text"] != "m" || got["attr.ts"] != "mine" || got["timestamp"] != "free now" {
		t.Errorf("%v", got)
	}
	for _, keys := range []map[string]string{{"tme": "x"}, {"time": "message"}} {
		if _, err := New(JSONLines, Options{Keys: keys}); err == nil {
			t.Errorf("%v is accepted", keys)
		}
	}
}

func TestTimesHaveThePrecisionAndTheZoneThatWereAskedFor(t *testing.T) {
	v := vectorB(t)
	for _, c := range []struct{ precision, zone, want string }{
		{"s", "", "2024-01-02T15:04:05Z"}, {"ms", "", "2024-01-02T15:04:05.678Z"}, {"us", "", "2024-01-02T15:04:05.678901Z"},
		{"ns", "", "2024-01-02T15:04:05.678901000Z"}, {"s", "America/New_York", "2024-01-02T10:04:05-05:00"}, {"ms", "Asia/Kolkata", "2024-01-02T20:34:05.678+05:30"},
	} {
		o := Options{Precision: c.precision, Zone: c.zone}
		for _, name := range []string{JSONLines, JSON, PlainText, FastPlain, Detailed, Colored, CSV, Logfmt, Syslog, Logstash} {
			if name == Syslog && c.precision == "ns" {
				continue // RFC 5424 has six digits
			}
			if line := formatted(t, name, o, v); !strings.Contains(line, c.want) {
				t.Errorf("%s with %s in %q: %s", name, c.precision, c.zone, line)
			}
		}
	}
}

func TestOptionsThatAFormatDoesNotHaveAreRefused(t *testing.T) {
	for name, o := range map[string]Options{
		CSV: {Schema: SchemaECS}, PlainText: {Keys: map[string]string{"time": "ts"}}, JSONLines: {RFC3164: true},
		GELF: {Zone: "Local"}, JSON: {Schema: "esc"}, Logfmt: {Precision: "minutes"}, Syslog: {Zone: "Europe/Nowhere"}, BinaryCompact: {Precision: "s"},
	} {
		if _, err := New(name, o); err == nil {
			t.Errorf("%s accepts %+v", name, o)
		}
	}
}

func TestPrettyJSONIsTheSameObject(t *testing.T) {
	v := vectorA(t)
	plain, pretty := formatted(t, JSON, Options{}, v), formatted(t, JSON, Options{Pretty: true}, v)
	if strings.Count(pretty, "\n") < 8 || jsonText(t, checkJSON(t, plain)) != jsonText(t, mustJSON(t, pretty)) {
		t.Errorf("%s%s", plain, pretty)
	}
}

func mustJSON(t *testing.T, s string) (m map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(s), &m); err != nil {
		t.Fatalf("%v: %s", err, s)
	}
	return m
}

func TestCSVIsReadBackByTheStandardReader(t *testing.T) {
	f, err := New(CSV, Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := f.(Headed).Header()
	for _, v := range []*record.View{vectorA(t), vectorB(t), rich(t)} {
		text = f.Append(text, v)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if rows[1][5] != `disk "full", retry` || rows[1][6] != "40" || rows[2][9] != "" {
		t.Errorf("%q", rows[1])
	}
	if extra := mustJSON(t, rows[1][9]); extra["n"] != 2.0 {
		t.Errorf("%v", extra)
	}
	formula := formatted(t, CSV, Options{}, build(t, record.Header{Message: `=cmd|' /C calc'!A0`}))
	if !strings.Contains(formula, `'=cmd`) {
		t.Errorf("a spreadsheet would run %s", formula)
	}
}

// rfc5424 is the grammar of a message, as far as a regular expression goes.
var rfc5424 = regexp.MustCompile(`^<\d{1,3}>1 (-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)) [!-~]{1,255} [!-~]{1,48} [!-~]{1,128} [!-~]{1,32} ` +
	`(-|(\[[^ =\]"]{1,32}( [^ =\]"]{1,32}="([^"\\\]]|\\["\\\]])*")*\])+)( .*)?$`)

// gelfName is what GELF allows for the name of an additional field.
var gelfName = regexp.MustCompile(`^_[\w.\-]+$`)

func checkGELF(t *testing.T, line string) {
	t.Helper()
	checkJSON(t, line)
	m := mustJSON(t, line)
	if m["version"] != "1.1" || m["host"] == "" || m["short_message"] == "" || m["_id"] != nil {
		t.Fatalf("%s", line)
	}
	for key, v := range m {
		switch v.(type) {
		case string, float64:
		default:
			t.Fatalf("%s is neither text nor number: %s", key, line)
		}
		switch key {
		case "version", "host", "short_message", "full_message", "timestamp", "level":
		default:
			if !gelfName.MatchString(key) {
				t.Fatalf("the name %q: %s", key, line)
			}
		}
	}
}

func FuzzAnyRecordIsValidInEveryFormat(f *testing.F) {
	seeds(f)
	schemas := map[string]Formatter{}
	for _, schema := range Schemas() {
		schemas[schema], _ = New(JSON, Options{Schema: schema, ID: true})
	}
	logstash, _ := New(Logstash, Options{})
	gelf, _ := New(GELF, Options{ID: true})
	syslog, _ := New(Syslog, Options{ID: true})
	rows, _ := New(CSV, Options{ID: true})
	binary, _ := New(BinaryCompact, Options{})
	extended, _ := New(BinaryExtended, Options{ID: true})
	f.Fuzz(func(t *testing.T, raw []byte, known bool) {
		var v record.View
		if v.Decode(raw) != nil {
			return
		}
		v.Journal[0], v.Position, v.Recovered = 1, 7, known
		for _, formatter := range schemas {
			checkJSON(t, string(formatter.Append(nil, &v)))
		}
		checkJSON(t, string(logstash.Append(nil, &v)))
		checkGELF(t, string(gelf.Append(nil, &v)))
		line := string(syslog.Append(nil, &v))
		if !rfc5424.MatchString(strings.TrimSuffix(line, "\n")) {
			t.Fatalf("not RFC 5424: %q", line)
		}
		if row, err := csv.NewReader(bytes.NewReader(rows.Append(nil, &v))).Read(); err != nil || len(row) != strings.Count(csvHeader, ",")+1 {
			t.Fatalf("%v %q", err, row)
		}
		r := NewCompactReader(bytes.NewReader(binary.Append(nil, &v)))
		var back record.View
		if err := r.Next(&back); err != nil || back.Raw() != v.Raw() || back.Position != 7 || r.Damaged() != 0 {
			t.Fatalf("%v", err)
		}
		if rest, err := skipCBOR(extended.Append(nil, &v), 0); err != nil || len(rest) != 0 {
			t.Fatalf("%v, %d bytes are left", err, len(rest))
		}
	})
}

var errCBOR = errors.New("not CBOR")

// skipCBOR passes one item of RFC 8949.
func skipCBOR(b []byte, depth int) ([]byte, error) {
	if len(b) == 0 || depth > 2*record.MaxDepth {
		return nil, errCBOR
	}
	major, info := b[0]>>5, b[0]&31
	b = b[1:]
	if info == 31 && (major == 4 || major == 5) {
		for n := 0; ; n++ {
			if len(b) > 0 && b[0] == cborBreak {
				if major == 5 && n%2 == 1 {
					return nil, errCBOR
				}
				return b[1:], nil
			}
			var err error
			if b, err = skipCBOR(b, depth+1); err != nil {
				return nil, err
			}
		}
	}
	n := uint64(info)
	if info >= 24 {
		size := 1 << (info - 24)
		if info > 27 || len(b) < size {
			return nil, errCBOR
		}
		n = 0
		for _, c := range b[:size] {
			n = n<<8 | uint64(c)
		}
		b = b[size:]
	}
	switch major {
	case 2, 3:
		if n > uint64(len(b)) {
			return nil, errCBOR
		}
		return b[n:], nil
	case 6:
		return skipCBOR(b, depth+1)
	case 4, 5:
		return nil, errCBOR
	}
	return b, nil
}

func TestCompactRecordsAreFoundBehindDamage(t *testing.T) {
	f := newCompact()
	var file []byte
	var starts []int
	for i := range 20 {
		starts = append(starts, len(file))
		file = f.Append(file, build(t, record.Header{Time: int64(i + 1), Message: "m"}, slog.Int("n", i)))
	}
	count := func(b []byte) (n int, damaged int64) {
		r := NewCompactReader(bytes.NewReader(b))
		var v record.View
		for {
			err := r.Next(&v)
			if errors.Is(err, io.EOF) {
				return n, r.Damaged()
			}
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
	}
	if n, damaged := count(file); n != 20 || damaged != 0 {
		t.Fatalf("%d records, %d bytes damaged", n, damaged)
	}
	for bit := range 8 * len(file) {
		broken := bytes.Clone(file)
		broken[bit/8] ^= 1 << (bit % 8)
		if n, damaged := count(broken); n != 19 || damaged == 0 {
			t.Fatalf("bit %d: %d records, %d bytes damaged", bit, n, damaged)
		}
	}
	for cut := range len(file) {
		n, damaged := count(file[:cut])
		want := 0
		for want < 20 && (want == 19 && cut == len(file) || want < 19 && starts[want+1] <= cut) {
			want++
		}
		if n != want || damaged != int64(cut-starts[want]) {
			t.Fatalf("cut at %d: %d records, want %d; %d bytes damaged", cut, n, want, damaged)
		}
	}
}

func FuzzCompactReader(f *testing.F) {
	f.Add([]byte(frameMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewCompactReader(bytes.NewReader(b))
		var v record.View
		start := time.Now()
		for {
			if err := r.Next(&v); err != nil {
				break
			}
		}
		if time.Since(start) > 10*time.Second {
			t.Fatal("it takes too long")
		}
	})
}
