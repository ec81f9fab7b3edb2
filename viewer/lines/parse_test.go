package lines

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"
)

// show is a record in one line.
func show(r Record) string {
	when := "-"
	if !r.Time.IsZero() {
		when = r.Time.UTC().Format(time.RFC3339Nano)
	}
	s := fmt.Sprintf("%s %v %q", when, r.Level, r.Message)
	if !r.HasLevel {
		s = fmt.Sprintf("%s ? %q", when, r.Message)
	}
	if r.Layer != "" {
		s += " @" + r.Layer
	}
	for _, a := range r.Attrs {
		v := a.Value.Any()
		if raw, ok := v.(json.RawMessage); ok {
			v = string(raw)
		}
		s += fmt.Sprintf(" %s=%v", a.Key, v)
	}
	return s
}

// Real lines of each logger, as its version of November 2026 writes them.
func TestJSONLinesKeepTimeLevelMessageAndFields(t *testing.T) {
	time.Local = time.UTC
	for _, c := range []struct{ logger, line, want string }{
		{"slog", `{"time":"2026-11-23T22:12:41.827600377Z","level":"WARN","source":{"function":"main.main","file":"/src/main.go","line":6},"msg":"disk is \"full\"","free":12,"err":"no space","g":{"a":1.5,"b":[1,2]},"d":1000000000}`,
			`2026-11-23T22:12:41.827600377Z WARN "disk is \"full\"" source={"function":"main.main","file":"/src/main.go","line":6} free=12 err=no space g={"a":1.5,"b":[1,2]} d=1000000000`},
		{"slog, level between", `{"time":"2026-11-23T22:12:41Z","level":"INFO+2","msg":"between"}`, `2026-11-23T22:12:41Z INFO+2 "between"`},
		{"zap production", `{"level":"error","ts":1795471961.8276558,"caller":"h/main.go:8","msg":"declined","service":"payment","took":1.5,"stacktrace":"main.main\n\t/src/main.go:8"}`,
			"2026-11-23T22:12:41.8276558Z ERROR \"declined\" caller=h/main.go:8 service=payment took=1.5 stacktrace=main.main\n\t/src/main.go:8"},
		{"zap ISO 8601", `{"level":"DPANIC","ts":"2026-11-23T22:12:41.827+0200","msg":"iso"}`, `2026-11-23T20:12:41.827Z ERROR+4 "iso"`},
		{"zerolog", `{"level":"fatal","error":"x","n":3,"time":"2026-11-23T22:12:41Z","caller":"/src/main.go:12","message":"zerolog says"}`,
			`2026-11-23T22:12:41Z ERROR+4 "zerolog says" error=x n=3 caller=/src/main.go:12`},
		{"zerolog, unix ms", `{"level":"trace","k":"v","time":1795471961827,"message":"unixms"}`, `2026-11-23T22:12:41.827Z DEBUG-4 "unixms" k=v`},
		{"logrus", `{"animal":"walrus","level":"warning","msg":"logrus says","time":"2026-11-23T22:12:41Z"}`, `2026-11-23T22:12:41Z WARN "logrus says" animal=walrus`},
		{"pino", `{"level":50,"time":1795471961827,"pid":12,"hostname":"h","msg":"pino","err":{"type":"Error"}}`,
			`2026-11-23T22:12:41.827Z ERROR "pino" pid=12 hostname=h err={"type":"Error"}`},
		{"ECS", `{"@timestamp":"2026-11-23T22:12:41.827Z","log.level":"error","message":"ecs","ecs.version":"1.6.0","log":{"origin":{"file":{"line":1}}}}`,
			`2026-11-23T22:12:41.827Z ERROR "ecs" ecs.version=1.6.0 log={"origin":{"file":{"line":1}}}`},
		{"ECS, nested", `{"@timestamp":"2026-11-23T22:12:41.827Z","log":{"level":"WARN"},"message":"ecs"}`,
			`2026-11-23T22:12:41.827Z WARN "ecs" log={"level":"WARN"}`},
		{"Hydra-Logger for Python", `{"timestamp":"2024-01-02 15:04:05","level":40,"level_name":"ERROR","message":"disk \"full\", retry","logger_name":"svc","layer":"api","file_name":"api.py","line_number":11,"extra":{"code":"E-1"}}`,
			`2024-01-02T15:04:05Z ERROR "disk \"full\", retry" @api logger_name=svc file_name=api.py line_number=11 extra={"code":"E-1"}`},
		{"Hydra-Logger for Python, to_json", `{"timestamp": 1704207845.678901, "level_name": "CRITICAL", "layer": "default", "message": "x", "level": 50, "logger_name": "svc"}`,
			`2024-01-02T15:04:05.678901Z ERROR+4 "x" @default logger_name=svc`},
		{"Hydra-Logger for Go", `{"timestamp":"2024-01-02T15:04:05.678901000Z","level":"INFO","layer":"api","message":"m","n":1}`, `2024-01-02T15:04:05.678901Z INFO "m" @api n=1`},
		{"Python, only numbers", `{"asctime":"2024-01-02 15:04:05,123","levelno":30,"name":"root","message":"m"}`, `2024-01-02T15:04:05.123Z WARN "m" name=root`},
		{"structlog", `{"event":"user_login","level":"info","timestamp":"2024-01-02T15:04:05.678901Z","user":7}`, `2024-01-02T15:04:05.678901Z INFO "user_login" user=7`},
		{"hclog", `{"@level":"debug","@message":"m","@module":"vault","@timestamp":"2024-01-02T15:04:05.678901Z"}`, `2024-01-02T15:04:05.678901Z DEBUG "m" @module=vault`},
		{"GELF", `{"version":"1.1","host":"h","short_message":"m","timestamp":1704207845.678,"level":3,"_x":1}`, `2024-01-02T15:04:05.678Z ERROR "m" version=1.1 host=h _x=1`},
		{"OpenTelemetry", `{"timeUnixNano":"1704207845678901000","severity_number":17,"severity_text":"ERROR","body":"m","trace_id":"ab"}`,
			`2024-01-02T15:04:05.678901Z ERROR "m" trace_id=ab`},
		{"Google Cloud", `{"severity":"NOTICE","message":"m","time":"2024-01-02T15:04:05Z","logging.googleapis.com/trace":"t"}`, `2024-01-02T15:04:05Z INFO+2 "m" logging.googleapis.com/trace=t`},
		{"Serilog", `{"@t":"2024-01-02T15:04:05.6789012Z","@mt":"Hello {Name}","@l":"Warning","Name":"x"}`, `2024-01-02T15:04:05.6789012Z WARN "Hello {Name}" Name=x`},
		{"Docker", `{"log":"plain text\n","stream":"stdout","time":"2024-01-02T15:04:05.678901234Z"}`, `2024-01-02T15:04:05.678901234Z ? "plain text" stream=stdout`},
		{"go test -json", `{"Time":"2024-01-02T15:04:05.6Z","Action":"output","Package":"p","Output":"ok\n"}`, "2024-01-02T15:04:05.6Z ? \"\" Action=output Package=p Output=ok\n"},
		{"level null, severity high", `{"level":null,"severity":"high","msg":"m"}`, `- ? "m" level=<nil> severity=high`},
		{"a time that is none", `{"time":12,"msg":"m"}`, `- ? "m" time=12`},
		{"numbers keep their digits", `{"msg":"m","id":12345678901234567890,"x":1.10,"e":1e400,"n":-0}`, `- ? "m" id=12345678901234567890 x=1.10 e=1e400 n=-0`},
		{"a message that is no string", `{"msg":{"a":1},"level":"info"}`, `- INFO "" msg={"a":1}`},
		{"spaces", " \t{ \"msg\" : \"m\" , \"a\" : [ 1 , \"}\" ] } ", `- ? "m" a=[ 1 , "}" ]`},
		{"empty object", `{}`, `- ? ""`},
		{"no JSON", `{"msg":"m"`, `- ? "{\"msg\":\"m\""`},
		{"two objects", `{"a":1}{"b":2}`, `- ? "{\"a\":1}{\"b\":2}"`},
		{"a list", `[1]`, `- ? "[1]"`},
	} {
		if got := show(Parse([]byte(c.line))); got != c.want {
			t.Errorf("%s\n  got  %s\n  want %s", c.logger, got, c.want)
		}
	}
}

func TestTextLinesGetTheLevelOfTheirLeadingWord(t *testing.T) {
	none := slog.Level(99)
	for _, c := range []struct {
		line string
		want slog.Level
	}{
		{"ERROR disk full", slog.LevelError},
		{"ERROR: disk full", slog.LevelError},
		{"error: disk full", slog.LevelError},
		{"Warning: old", slog.LevelWarn},
		{"[WARN] slow", slog.LevelWarn},
		{"[warn]: slow", slog.LevelWarn},
		{"[ERR ] x", slog.LevelError},
		{"level=info msg=x", slog.LevelInfo},
		{`time="2026-11-23T22:12:41Z" level=error msg="logrus text"`, slog.LevelError},
		{"time=2026-11-23T22:12:41.827Z level=WARN msg=x", slog.LevelWarn},
		{"I0102 15:04:05.678901    1 main.go:12] klog", slog.LevelInfo},
		{"W0102 15:04:05.678901    1 main.go:12] klog", slog.LevelWarn},
		{"F0102 15:04:05.678901    1 main.go:12] klog", levelCritical},
		{"2024-01-02 15:04:05,678 - root - ERROR - text", slog.LevelError},
		{"2024-01-02 15:04:05.678  INFO 1 --- [main] c.x.App : started", slog.LevelInfo},
		{"2024-01-02T15:04:05.678Z\tDEBUG\tmain.go:1\tdev", slog.LevelDebug},
		{"2024/01/02 15:04:05 [error] 12#0: *1 open() failed", slog.LevelError},
		{"2024/01/02 15:04:05 ERROR slog text default", slog.LevelError},
		{"[2024-01-02T15:04:05Z WARN  crate] env_logger", slog.LevelWarn},
		{"Jan  2 15:04:05 host app[12]: CRITICAL: x", levelCritical},
		{"2024-01-02 15:04:05.678 UTC [123] FATAL:  role does not exist", levelCritical},
		{"[I 240102 15:04:05 web:1] tornado", slog.LevelInfo},
		{"10:12PM WRN zerolog console n=1", slog.LevelWarn},
		{"\x1b[90m10:12PM\x1b[0m \x1b[33mWRN\x1b[0m \x1b[1mconsole\x1b[0m", slog.LevelWarn},
		{"WARNING:root:python", slog.LevelWarn},
		{"| 2024-01-02 15:04:05 | CRITICAL | default | hydra", levelCritical},
		{"<3>kernel", slog.LevelError},
		{"<7>kernel", slog.LevelDebug},
		{"panic: boom", levelCritical},
		{"fatal: not a git repository", levelCritical},
		{"fatal error: all goroutines are asleep - deadlock!", levelCritical},
		{"SEVERE: java", slog.LevelError},
		{"npm WARN deprecated", none},
		{"Error in line 3", none},
		{"info about errors", none},
		{"this is an ERROR", none},
		{"no level", none},
		{"PASS", none},
		{"ok  \tgithub.com/x/y\t0.1s", none},
		{"2024-01-02 15:04:05 status installed libc6", none},
		{"", none},
		{"\x00\xff\xfe", none},
	} {
		got, ok := guessLevel([]byte(c.line))
		if !ok {
			got = none
		}
		if got != c.want {
			t.Errorf("%q: %v, want %v", c.line, got, c.want)
		}
	}
}

func TestTimesOfAllKindsAreRead(t *testing.T) {
	time.Local = time.UTC
	want := time.Date(2024, 1, 2, 15, 4, 5, 678_000_000, time.UTC)
	for _, s := range []string{
		"2024-01-02T15:04:05.678Z", "2024-01-02T17:04:05.678+02:00", "2024-01-02T17:04:05.678+0200",
		"2024-01-02 15:04:05.678Z", "2024-01-02 15:04:05,678", "2024/01/02 15:04:05.678",
		"1704207845.678", "1704207845678", "1704207845678000", "1704207845678000000", "1.704207845678e9", "1.704207845678E+12",
	} {
		if got, ok := timeOf(s); !ok || !got.Equal(want) {
			t.Errorf("%s: %v %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "now", "12", "-1704207845", "1704207845.", "17042078456789", "99999999999999999999", "2024-13-02T15:04:05Z"} {
		if got, ok := timeOf(s); ok && s != "1704207845." {
			t.Errorf("%q was read as %v", s, got)
		}
	}
}

func TestOnlyTheWhiteSpaceOfJSONMayStandAroundAnObject(t *testing.T) {
	for line, want := range map[string]bool{
		" \t{\"a\":1}\r\n":  true,
		"\v{\"a\":1}":       false,
		"{\"a\":1}\f":       false,
		"\u00a0{\"a\":1}":   false,
		"{\"a\":1}\u2003":   false,
		"{\"a\":1}\xc2\x85": false,
	} {
		if got := Parse([]byte(line)).JSON; got != want {
			t.Errorf("%q: JSON %v, want %v", line, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"time":"2026-11-23T22:12:41Z","level":"WARN","msg":"x","a":{"b":[1,"}"]}}`))
	f.Add([]byte(`{"\u0061":"\ud800","a":1}`))
	f.Add([]byte("\xff{}"))
	f.Add([]byte("\v{\"a\":1}\u00a0"))
	f.Fuzz(func(t *testing.T, line []byte) {
		r := Parse(line)
		if r.JSON != isObject(line) {
			t.Fatalf("JSON %v", r.JSON)
		}
		if !r.JSON {
			if r.Message != string(line) {
				t.Fatalf("the message is %q", r.Message)
			}
			return
		}
		checkFields(t, line)
	})
}

func isObject(line []byte) bool {
	var m map[string]json.RawMessage
	return json.Unmarshal(line, &m) == nil && m != nil
}

// checkFields compares the split with the standard decoder.
func checkFields(t *testing.T, line []byte) {
	var want map[string]json.RawMessage
	if err := json.Unmarshal(line, &want); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	trimmed := json.RawMessage(line)
	for i := range trimmed {
		if trimmed[i] == '{' {
			trimmed = trimmed[i:]
			break
		}
	}
	for _, f := range split(trimmed) {
		var key string
		quoted, _ := json.Marshal(f.key)
		_ = json.Unmarshal(quoted, &key) // invalid UTF-8, as the decoder sees it
		got[key] = string(f.raw)
	}
	if len(got) != len(want) {
		t.Fatalf("%d members, want %d", len(got), len(want))
	}
	for key, raw := range want {
		if got[key] != string(raw) {
			t.Fatalf("%q is %s, want %s", key, got[key], raw)
		}
	}
}
