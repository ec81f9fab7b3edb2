package record_test

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

func TestEachSlogKindComesBack(t *testing.T) {
	zone := time.FixedZone("", -3*3600-30*60)
	for _, c := range []struct {
		value slog.Value
		want  string
	}{
		{slog.StringValue(""), `""`},
		{slog.StringValue("a\x00\xff"), `"a\x00\xff"`},
		{slog.IntValue(0), "i0"},
		{slog.Int64Value(math.MinInt64), "i-9223372036854775808"},
		{slog.Int64Value(math.MaxInt64), "i9223372036854775807"},
		{slog.Int64Value(-124), "i-124"},
		{slog.Int64Value(124), "i124"},
		{slog.Uint64Value(math.MaxUint64), "u18446744073709551615"},
		{slog.Uint64Value(247), "u247"},
		{slog.Uint64Value(248), "u248"},
		{slog.Float64Value(math.Pi), "f3.141592653589793"},
		{slog.Float64Value(math.NaN()), "fNaN"},
		{slog.Float64Value(math.Inf(-1)), "f-Inf"},
		{slog.BoolValue(true), "true"},
		{slog.BoolValue(false), "false"},
		{slog.DurationValue(-time.Minute), "d-1m0s"},
		{slog.TimeValue(time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)), "t2026-01-02T03:04:05.000000006Z"},
		{slog.TimeValue(time.Date(2026, 1, 2, 3, 4, 5, 6, zone)), "t2026-01-02T03:04:05.000000006-03:30"},
		{slog.TimeValue(time.Time{}), "t0001-01-01T00:00:00Z"},
		{slog.TimeValue(time.Date(1500, 1, 1, 0, 0, 0, 1, zone)), "t1500-01-01T00:00:00.000000001-03:30"},
		{slog.TimeValue(time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)), "t9999-12-31T23:59:59.999999999Z"},
		{slog.GroupValue(slog.Int("a", 1), slog.Group("g", slog.Bool("b", true))), "group( a=i1 g=group( b=true ) )"},
		{slog.AnyValue(nil), "null"},
	} {
		got := dump(t, encode(slog.Attr{Key: "k", Value: c.value}))
		if got = strings.ReplaceAll(got, "group( ", "group( "); got != "k="+c.want {
			t.Errorf("%v: got %s, want k=%s", c.value, got, c.want)
		}
	}
}

func TestKeysOfAnyLengthComeBack(t *testing.T) {
	for n := range 600 {
		key := strings.Repeat("k", n)
		want := "i7"
		if n > 0 {
			want = key + "=i7"
		}
		if got := dump(t, encode(slog.Int(key, 7))); got != want {
			t.Fatalf("key of %d bytes: got %s", n, got)
		}
	}
}

func TestHeaderComesBack(t *testing.T) {
	h := record.Header{
		Time: -5, Level: slog.LevelError + 4, Layer: "events", Logger: "payment", Message: "processing order",
		IDs: &record.IDs{
			CorrelationID: "c-1", CausationID: "c-2", MessageID: "m-3",
			TraceID: [16]byte{1, 2, 3}, SpanID: [8]byte{4, 5}, TraceFlags: 1,
		},
		Source: &record.Source{Function: "main.main", File: "/src/main.go", Line: 300},
	}
	var e record.Encoder
	var v record.View
	if err := v.Decode(e.Encode(&h, nil, []slog.Attr{slog.Int("a", 1)})); err != nil {
		t.Fatal(err)
	}
	if v.Time != h.Time || v.Level != h.Level || v.Layer != h.Layer || v.Logger != h.Logger || v.Message != h.Message {
		t.Errorf("got %+v", v)
	}
	if v.IDs != *h.IDs || v.Source != *h.Source {
		t.Errorf("got ids %+v, source %+v", v.IDs, v.Source)
	}
	if got := dumpAttrs(v.Attrs()); got != "a=i1" {
		t.Errorf("got %s", got)
	}
	// A view that is used again keeps nothing of the record before.
	if err := v.Decode(e.Encode(&record.Header{Level: -8}, nil, nil)); err != nil {
		t.Fatal(err)
	}
	if v.IDs != (record.IDs{}) || v.Source != (record.Source{}) || v.Message != "" || v.Level != -8 {
		t.Errorf("got %+v", v)
	}
}

func TestEmptyAttributesAreIgnoredAndEmptyGroupsStayVisible(t *testing.T) {
	var b *record.Bound
	var e record.Encoder
	data := e.Encode(&record.Header{}, b.WithGroup("g"), []slog.Attr{{}, {Key: "", Value: slog.AnyValue(nil)}})
	if got := dump(t, data); got != "g=group( )" {
		t.Errorf("got %s", got)
	}
	data = e.Encode(&record.Header{}, nil, []slog.Attr{slog.Group("e"), slog.Int("", 3)})
	if got := dump(t, data); got != "e=group( ) i3" {
		t.Errorf("got %s", got)
	}
}

func TestGroupWithoutKeyIsInlined(t *testing.T) {
	got := dump(t, encode(slog.Int("a", 1), slog.Group("", slog.Int("b", 2), slog.Group("", slog.Int("c", 3))), slog.Int("d", 4)))
	if got != "a=i1 b=i2 c=i3 d=i4" {
		t.Errorf("got %s", got)
	}
}

func TestBoundAttributesComeBetweenContextAndCall(t *testing.T) {
	var none *record.Bound
	context := none.With([]slog.Attr{slog.String("tenant", "t1")})
	one := none.With([]slog.Attr{slog.Int("a", 1)})
	two := one.WithGroup("g").With([]slog.Attr{slog.Int("b", 2)}).WithGroup("h")
	var e record.Encoder
	h := record.Header{Context: context.Bytes()}
	got := dump(t, e.Encode(&h, two, []slog.Attr{slog.Int("c", 3)}))
	if got != `tenant="t1" a=i1 g=group( b=i2 h=group( c=i3 ) )` {
		t.Errorf("got %s", got)
	}
	if two.Depth() != 2 || one.Depth() != 0 {
		t.Errorf("depths %d, %d", two.Depth(), one.Depth())
	}
	if got := dump(t, e.Encode(&h, one, nil)); got != `tenant="t1" a=i1` {
		t.Errorf("the parent changed: %s", got)
	}
	if one.With(nil) != one || one.WithGroup("") != one {
		t.Error("nothing added made a new Bound")
	}
}

func TestBoundGroupsNestedTooDeepAreMarked(t *testing.T) {
	var b *record.Bound
	for range 300 {
		b = b.WithGroup("g")
	}
	var e record.Encoder
	deep := any(1)
	for range 300 {
		deep = []any{deep}
	}
	got := dump(t, e.Encode(&record.Header{}, b, []slog.Attr{slog.Any("k", deep)}))
	if strings.Contains(got, "DAMAGED") || !strings.Contains(got, "!CUT") {
		t.Errorf("got %s", got)
	}
}

func TestSlogRecordIsEncodedWithoutTheOmittedKey(t *testing.T) {
	r := slog.NewRecord(time.Now(), slog.LevelInfo, "m", 0)
	for i := range 8 {
		r.AddAttrs(slog.Int(fmt.Sprint("k", i), i))
	}
	r.AddAttrs(slog.String("layer", "audit"))
	var e record.Encoder
	got := dump(t, e.EncodeSlog(&record.Header{}, nil, &r, "layer"))
	if got != "k0=i0 k1=i1 k2=i2 k3=i3 k4=i4 k5=i5 k6=i6 k7=i7" {
		t.Errorf("got %s", got)
	}
	var b *record.Bound
	got = dump(t, e.EncodeSlog(&record.Header{}, b.WithGroup("g"), &r, "layer"))
	if !strings.Contains(got, `layer="audit"`) {
		t.Errorf("an attribute of a group was omitted: %s", got)
	}
}

type typedError struct{ code int }

func (e typedError) Error() string { return fmt.Sprint("code ", e.code) }

func TestErrorKeepsItsChain(t *testing.T) {
	base := errors.New("refused")
	wrapped := fmt.Errorf("dial: %w", base)
	check(t, base, `err<*errors.errorString>"refused"`)
	check(t, wrapped, `err<*fmt.wrapError>"dial: refused"/1<*errors.errorString>"refused"`)
	check(t, errors.Join(wrapped, typedError{7}), `err<*errors.joinError>"dial: refused\ncode 7"`+
		`/1<*fmt.wrapError>"dial: refused"/2<*errors.errorString>"refused"/1<record_test.typedError>"code 7"`)
	check(t, &typedError{8}, `err<*record_test.typedError>"code 8"`)
	check(t, (*typedError)(nil), "null")
	check(t, map[string]error{"e": base, "n": nil}, `group( e=err<*errors.errorString>"refused" n=null )`)
	long := fmt.Errorf("%s: %w", strings.Repeat("x", 400), base)
	if got := dump(t, encode(slog.Any("k", long), slog.Int("after", 1))); !strings.HasSuffix(got, `/1<*errors.errorString>"refused" after=i1`) {
		t.Errorf("got %s", got)
	}
	both := fmt.Errorf("%w %w", long, long)
	if got := dump(t, encode(slog.Any("k", both), slog.Int("after", 1))); !strings.HasSuffix(got, `after=i1`) || strings.Count(got, "/2<") != 2 {
		t.Errorf("got %s", got)
	}
}

func TestBufferOfAHugeRecordIsGivenBack(t *testing.T) {
	var e record.Encoder
	e.SetLimits(&record.Limits{String: 1 << 20})
	e.Encode(&record.Header{}, nil, []slog.Attr{slog.String("k", strings.Repeat("x", 1<<20))})
	e.Encode(&record.Header{}, nil, nil)
	if n := cap(e.Encode(&record.Header{}, nil, nil)); n > 128<<10 {
		t.Errorf("%d bytes kept for a record of 15", n)
	}
}

func TestSourceIsFoundAndKept(t *testing.T) {
	if s := record.SourceOf(0); s != (record.Source{}) {
		t.Errorf("got %+v", s)
	}
	pc := callerPC()
	s := record.SourceOf(pc)
	if !strings.HasSuffix(s.Function, "TestSourceIsFoundAndKept") || !strings.HasSuffix(s.File, "encode_test.go") || s.Line == 0 {
		t.Errorf("got %+v", s)
	}
	if n := testing.AllocsPerRun(100, func() { record.SourceOf(pc) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
