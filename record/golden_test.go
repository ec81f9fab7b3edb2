package record_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

var update = flag.Bool("update", false, "write the golden files of the present version")

// goldenRecords are the records of testdata/v1: <name>.bin is the binary form, <name>.txt what it says.
// Once released, the files never change: later versions must read them.
func goldenRecords() map[string][]byte {
	var e record.Encoder
	all := map[string][]byte{}
	add := func(name string, h record.Header, b *record.Bound, attrs ...slog.Attr) {
		all[name] = bytes.Clone(e.Encode(&h, b, attrs))
	}
	at := time.Date(2026, 11, 23, 10, 20, 30, 123456789, time.UTC)
	var none *record.Bound
	add("minimal", record.Header{}, nil)
	add("header", record.Header{
		Time: at.UnixNano(), Level: 12, Layer: "audit", Logger: "payment.core", Message: "naïve \x00\xff",
		IDs:    &record.IDs{CorrelationID: "c", CausationID: "d", MessageID: "m", TraceID: [16]byte{15: 1}, SpanID: [8]byte{7: 2}, TraceFlags: 1},
		Source: &record.Source{Function: "main.main", File: "main.go", Line: 70000},
	}, nil)
	add("scalars", record.Header{Time: at.UnixNano(), Level: -8, Layer: "l", Message: "m"}, nil,
		slog.String("s", strings.Repeat("x", 300)), slog.Int64("min", math.MinInt64), slog.Int("small", -3),
		slog.Uint64("max", math.MaxUint64), slog.Float64("nan", math.NaN()), slog.Float64("pi", math.Pi),
		slog.Bool("yes", true), slog.Bool("no", false), slog.Duration("d", -time.Hour),
		slog.Time("utc", at), slog.Time("zone", at.In(time.FixedZone("X", 5*3600+45*60))), slog.Time("zero", time.Time{}),
		slog.Any("nil", nil), slog.Any("bytes", []byte{0, 255}), slog.Int("a key of more than fourteen bytes", 1),
		slog.Any("number", jsonThing{}), slog.Any("mark", make(chan int)))
	add("groups", record.Header{Time: at.UnixNano(), Context: none.With([]slog.Attr{slog.Int("ctx", 1)}).Bytes()},
		none.With([]slog.Attr{slog.Int("bound", 2)}).WithGroup("open"),
		slog.Group("g", slog.Group("h", slog.Int("i", 3))), slog.Any("list", []any{1, []int{2}, map[string]int{"k": 3}}))
	add("errors", record.Header{Time: at.UnixNano()}, nil,
		slog.Any("plain", errors.New("e")), slog.Any("chain", fmt.Errorf("a: %w", errors.Join(errors.New("b"), errors.New("c")))))
	return all
}

func describe(t testing.TB, data []byte) string {
	var v record.View
	if err := v.Decode(data); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %d %q %q %q\n%+v\n%+v\n%s\n", v.Time, v.Level, v.Layer, v.Logger, v.Message, v.IDs, v.Source, dumpAttrs(v.Attrs()))
}

func TestRecordsOfVersion1AreReadForEver(t *testing.T) {
	dir := filepath.Join("testdata", "v1")
	if *update {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, data := range goldenRecords() {
			write(t, filepath.Join(dir, name+".bin"), data)
			write(t, filepath.Join(dir, name+".txt"), []byte(describe(t, data)))
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.bin"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	for _, f := range files {
		data := read(t, f)
		want := string(read(t, strings.TrimSuffix(f, ".bin")+".txt"))
		if got := describe(t, data); got != want {
			t.Errorf("%s:\n got %s\nwant %s", f, got, want)
		}
	}
}

func TestEncoderStillWritesVersion1ByteForByte(t *testing.T) {
	for name, data := range goldenRecords() {
		if want := read(t, filepath.Join("testdata", "v1", name+".bin")); !bytes.Equal(data, want) {
			t.Errorf("%s:\n got %x\nwant %x", name, data, want)
		}
	}
}

func TestUnknownVersionIsRefused(t *testing.T) {
	data := encode(slog.Int("a", 1))
	data[8] = 2
	var v record.View
	err := v.Decode(data)
	var version *record.VersionError
	if !errors.As(err, &version) || version.Version != 2 {
		t.Errorf("got %v", err)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
