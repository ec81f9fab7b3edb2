package tests

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	bsd "github.com/leodido/go-syslog/v4/rfc3164"
	ietf "github.com/leodido/go-syslog/v4/rfc5424"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// recordOf makes a record as a worker sees it.
func recordOf(t testing.TB, h record.Header, attrs ...slog.Attr) *record.View {
	t.Helper()
	var e record.Encoder
	v := new(record.View)
	if err := v.Decode(bytes.Clone(e.Encode(&h, nil, attrs))); err != nil {
		t.Fatal(err)
	}
	return v
}

// someRecords are plain and hostile ones, of all kinds of value.
func someRecords(t testing.TB) []*record.View {
	nasty := "a \"b\" ]\\ \n\x1b[31m \xff \u202e = é"
	at := time.Date(2026, 11, 24, 10, 0, 0, 123456789, time.UTC)
	return []*record.View{
		recordOf(t, record.Header{Time: at.UnixNano(), Layer: "default", Message: "hello"}),
		recordOf(t, record.Header{Time: at.UnixNano(), Level: slog.LevelError, Layer: "api", Logger: "svc", Message: `disk "full", retry`,
			IDs:    &record.IDs{CorrelationID: "c-1", CausationID: "e-1", TraceID: [16]byte{0x4b, 15: 1}, SpanID: [8]byte{0xf0, 7: 2}, TraceFlags: 1},
			Source: &record.Source{Function: "main.handle", File: "/src/main.go", Line: 11}},
			slog.String("code", "E-1"), slog.Int("n", -2), slog.Any("err", &fs.PathError{Op: "open", Path: "/x", Err: fs.ErrNotExist})),
		recordOf(t, record.Header{Time: at.UnixNano(), Level: slog.LevelWarn, Layer: nasty, Logger: nasty, Message: nasty, IDs: &record.IDs{CorrelationID: nasty}},
			slog.String(nasty, nasty), slog.Group("g", slog.Group(nasty, slog.String(nasty, nasty))), slog.Any("list", []any{nasty, 1, []byte(nasty), map[string]any{nasty: nil}}),
			slog.Float64("nan", math.NaN()), slog.Uint64("max", math.MaxUint64), slog.Int64("min", math.MinInt64), slog.Bool("b", true),
			slog.Time("at", at.In(time.FixedZone("", 5400))), slog.Duration("took", time.Second), slog.Int("twice", 1), slog.Int("twice", 2), slog.String("", nasty),
			slog.Any("cause", fmt.Errorf("load: %w", errors.New(nasty)))),
	}
}

func formatterOf(t testing.TB, name string, o format.Options) format.Formatter {
	t.Helper()
	f, err := format.New(name, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestACBORLibraryReadsBinaryExtendedAsASequence(t *testing.T) {
	f := formatterOf(t, format.BinaryExtended, format.Options{ID: true})
	var file []byte
	records := someRecords(t)
	for _, v := range records {
		file = f.Append(file, v)
	}
	mode, err := cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, MaxNestedLevels: 256}.DecMode()
	if err != nil {
		t.Fatal(err)
	}
	d := mode.NewDecoder(bytes.NewReader(file))
	var all []map[string]any
	for {
		var m map[string]any
		err := d.Decode(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("record %d: %v", len(all), err)
		}
		all = append(all, m)
	}
	if len(all) != len(records) {
		t.Fatalf("%d records, want %d", len(all), len(records))
	}
	m := all[1]
	attrs, _ := m["attributes"].(map[any]any)
	when, ok := m["timestamp"].(time.Time)
	if !ok || when.UnixNano() != records[1].Time || m["message"] != `disk "full", retry` || m["level"] != "ERROR" || m["correlation_id"] != "c-1" {
		t.Errorf("%v", m)
	}
	if attrs["code"] != "E-1" || attrs["n"] != int64(-2) || attrs["err"] != "open /x: file does not exist" || len(attrs["err_chain"].([]any)) != 1 {
		t.Errorf("%v", attrs)
	}
	attrs, _ = all[2]["attributes"].(map[any]any)
	if attrs["max"] != uint64(math.MaxUint64) || attrs["min"] != int64(math.MinInt64) || attrs["twice"] != uint64(2) {
		t.Errorf("%v", attrs)
	}
}

func TestAnotherParserReadsRFC5424Strictly(t *testing.T) {
	f := formatterOf(t, format.Syslog, format.Options{App: "shop", Host: "host-a", ProcID: "71"})
	records := someRecords(t)
	for i, v := range records {
		line := bytes.TrimSuffix(f.Append(nil, v), []byte("\n"))
		m, err := ietf.NewParser().Parse(line)
		if err != nil {
			t.Fatalf("record %d: %v\n%s", i, err, line)
		}
		s := m.(*ietf.SyslogMessage)
		if *s.Hostname != "host-a" || *s.Appname != "shop" || *s.ProcID != "71" || !s.Timestamp.Equal(time.Unix(0, v.Time).Truncate(time.Microsecond)) {
			t.Errorf("record %d: %+v", i, s)
		}
		if i != 1 {
			continue
		}
		data := *s.StructuredData
		if *s.Priority != 11 || *s.MsgID != "api" || *s.Message != `disk "full", retry` || data["hydra@32473"]["code"] != "E-1" || data["hydra@32473"]["correlation_id"] != "c-1" ||
			data["opentelemetry"]["trace_id"] != "4b000000000000000000000000000001" || data["opentelemetry"]["trace_flags"] != "01" {
			t.Errorf("%s\n%v", line, data)
		}
	}
}

func TestAnotherParserReadsRFC3164(t *testing.T) {
	f := formatterOf(t, format.Syslog, format.Options{App: "shop", Host: "host-a", ProcID: "71", RFC3164: true})
	for i, v := range someRecords(t) {
		line := bytes.TrimSuffix(f.Append(nil, v), []byte("\n"))
		m, err := bsd.NewParser().Parse(line)
		if err != nil {
			t.Fatalf("record %d: %v\n%s", i, err, line)
		}
		s := m.(*bsd.SyslogMessage)
		if *s.Hostname != "host-a" || *s.Appname != "shop" || *s.ProcID != "71" || s.Timestamp.Format("Jan _2 15:04:05") != "Nov 24 10:00:00" || s.Message == nil {
			t.Errorf("record %d: %+v", i, s)
		}
	}
}
