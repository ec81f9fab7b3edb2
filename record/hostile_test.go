package record_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

type panicky struct{ how any }

func (p panicky) panic() { panic(p.how) }

type (
	panicString struct{ panicky }
	panicError  struct{ panicky }
	panicText   struct{ panicky }
	panicJSON   struct{ panicky }
	panicLog    struct{ panicky }
	panicZero   struct{ panicky }
)

func (p panicString) String() string             { p.panic(); return "" }
func (p panicError) Error() string               { p.panic(); return "" }
func (p panicText) MarshalText() ([]byte, error) { p.panic(); return nil, nil }
func (p panicJSON) MarshalJSON() ([]byte, error) { p.panic(); return nil, nil }
func (p panicLog) LogValue() slog.Value          { p.panic(); return slog.Value{} }
func (p panicZero) IsZero() bool                 { p.panic(); return true }
func (p panicUnwrap) Unwrap() error              { p.panic(); return nil }
func (p panicUnwrap) Error() string              { return "outer" }
func (p nilReceiver) LogValue() slog.Value       { return slog.StringValue("fine") }
func (p *nilText) MarshalText() ([]byte, error)  { return []byte(p.s), nil }
func (p *nilLog) LogValue() slog.Value           { return slog.StringValue(p.s) }
func (p *goodNilError) Error() string            { return "nil is fine" }
func (failing) MarshalJSON() ([]byte, error)     { return nil, errors.New("won't") }
func (failingText) MarshalText() ([]byte, error) { return nil, panicError{panicky{"in the error"}} }
func (badJSON) MarshalJSON() ([]byte, error)     { return []byte(`{"a":`), nil }
func (e endless) LogValue() slog.Value           { return slog.AnyValue(endless{e.n + 1}) }
func (d deeper) LogValue() slog.Value            { return slog.GroupValue(slog.Any("d", deeper{})) }
func (w wider) LogValue() slog.Value             { return slog.GroupValue(slog.Any("a", w), slog.Any("b", w)) }
func (e selfError) Error() string                { return "self" }
func (e selfError) Unwrap() error                { return e }
func (e forest) Error() string                   { return "tree" }
func (e forest) Unwrap() []error                 { return []error{e, e, e} }
func (panicPanic) String() string                { panic("even that") }
func (panicPanic) Error() string                 { panic(panicPanic{}) }

type (
	panicUnwrap  struct{ panicky }
	nilReceiver  struct{}
	nilText      struct{ s string }
	nilLog       struct{ s string }
	goodNilError struct{}
	failing      struct{}
	failingText  struct{}
	badJSON      struct{}
	endless      struct{ n int }
	deeper       struct{}
	wider        struct{}
	selfError    struct{}
	forest       struct{}
	panicPanic   struct{}
)

func TestPanicOfAValueBecomesAMark(t *testing.T) {
	p := panicky{"boom"}
	for _, c := range []struct {
		value any
		want  string
	}{
		{panicString{p}, `mark"!PANIC: boom"`},
		{panicError{p}, `mark"!PANIC: boom"`},
		{panicText{p}, `mark"!PANIC: boom"`},
		{panicJSON{p}, `mark"!PANIC: boom"`},
		{panicLog{p}, `mark"!PANIC: boom"`},
		{panicError{panicky{errors.New("an error")}}, `mark"!PANIC: an error"`},
		{panicError{}, `mark"!PANIC: panic called with nil argument"`},
		{[]any{1, panicText{p}, 2}, `list( i1 mark"!PANIC: boom" i2 )`},
		{struct {
			A int
			P panicLog
			B int
		}{1, panicLog{p}, 2}, `group( A=i1 P=mark"!PANIC: boom" B=i2 )`},
		{struct {
			P panicZero `json:",omitzero"`
			B int
		}{panicZero{p}, 2}, `group( P=group( ) B=i2 )`},
		{panicUnwrap{p}, `err<record_test.panicUnwrap>"outer"/1<>"!PANIC: boom"`},
		{fmt.Errorf("w: %w", error(panicUnwrap{p})), `err<*fmt.wrapError>"w: outer"/1<record_test.panicUnwrap>"outer"/2<>"!PANIC: boom"`},
		{(*nilReceiver)(nil), "null"}, // a method of the value, called through a nil pointer
		{(*nilText)(nil), "null"},
		{(*nilLog)(nil), "null"},
		{(*goodNilError)(nil), `err<*record_test.goodNilError>"nil is fine"`},
		{failing{}, `mark"!ERROR: won't"`},
		{failingText{}, `mark"!PANIC: in the error"`},
		{badJSON{}, `mark"!ERROR: invalid JSON at byte 5: ends before its end"`},
		{panicPanic{}, `mark"!PANIC: a record_test.panicPanic that panics when it is printed"`},
	} {
		got := dump(t, encode(slog.Any("before", 1), slog.Any("k", c.value), slog.Int("after", 1)))
		if want := "before=i1 k=" + c.want + " after=i1"; got != want {
			t.Errorf("%T:\n got %s\nwant %s", c.value, got, want)
		}
	}
}

type node struct {
	Name string
	Next *node
}

type loop []any

func TestCyclesAreCut(t *testing.T) {
	n := &node{Name: "a"}
	n.Next = &node{Name: "b", Next: n}
	check(t, n, `group( Name="a" Next=group( Name="b" Next=mark"!CYCLE: *record_test.node" ) )`)
	m := map[string]any{"x": 1}
	m["self"] = m
	check(t, m, `group( self=mark"!CYCLE: map[string]interface {}" x=i1 )`)
	l := loop{1, nil}
	l[1] = l
	check(t, l, `list( i1 mark"!CYCLE: record_test.loop" )`)
	type pointer *pointer
	var p pointer
	p = &p
	check(t, p, `mark"!CYCLE: record_test.pointer"`)
	var a any
	a = &a
	check(t, a, `mark"!CYCLE: *interface {}"`)
	// The same value twice is no cycle.
	s := []int{1}
	check(t, []any{s, s}, "list( list( i1 ) list( i1 ) )")
	attrs := make([]slog.Attr, 1)
	attrs[0] = slog.Attr{Key: "g", Value: slog.GroupValue(attrs...)}
	mustEnd(t, func() { encode(attrs...) })
	attrs[0].Key = ""
	mustEnd(t, func() { encode(attrs...) })
}

func TestValuesWithoutEndAreCut(t *testing.T) {
	for _, x := range []any{endless{}, deeper{}, wider{}, selfError{}, forest{}} {
		mustEnd(t, func() {
			got := dump(t, encode(slog.Any("k", x), slog.Int("after", 1)))
			if !strings.Contains(got, "!CUT: ") || !strings.HasSuffix(got, "after=i1") {
				t.Errorf("%T: got %.300s", x, got)
			}
		})
	}
}

// mustEnd fails the test when f takes longer than any of our limits allows.
func mustEnd(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("hangs")
	}
}

func TestLimitsCutWithAMarkThatSaysHowMuch(t *testing.T) {
	long := strings.Repeat("é", 100)
	deep := any("end")
	for range 5 {
		deep = []any{deep}
	}
	big := make(map[string]int)
	for i := range 10 {
		big[fmt.Sprint(i)] = i
	}
	wrapped := errors.New("e")
	for range 5 {
		wrapped = fmt.Errorf("w: %w", wrapped)
	}
	for _, c := range []struct {
		limits record.Limits
		value  any
		want   string
	}{
		{record.Limits{String: 101}, long, `mark"` + strings.Repeat("é", 26) + ` !CUT: 148 of 200 bytes"`},
		{record.Limits{String: 10}, long, `mark"!CUT: 200 of 200 bytes"`},
		{record.Limits{String: 10}, []byte(long), `mark"!CUT: 200 of 200 bytes"`},
		{record.Limits{String: 200}, long, `"` + long + `"`},
		{record.Limits{Depth: 3}, deep, `list( list( list( mark"!CUT: nested deeper than the limit" ) ) )`},
		{record.Limits{Elements: 2}, []int{1, 2, 3, 4, 5}, `list( i1 i2 mark"!CUT: 3 of 5 elements" )`},
		{record.Limits{Elements: 3}, [][]int{{1, 2, 3}, {4}}, `list( list( i1 mark"!CUT: 2 of 3 elements" ) list( mark"!CUT: 1 of 1 elements" ) )`},
		{record.Limits{Elements: 2}, json.RawMessage(`[1,2,[3],{"a":{}},5]`), `list( i1 i2 mark"!CUT: 3 of 5 elements" )`},
		{record.Limits{Elements: 2}, json.RawMessage(`{"a":1,"b":2,"c":3}`), `group( a=i1 b=i2 !CUT=mark"!CUT: 1 of 3 entries" )`},
		{record.Limits{Depth: 1}, json.RawMessage(`{"a":[[1]],"b":{"c":2}}`), `group( a=mark"!CUT: nested deeper than the limit" b=mark"!CUT: nested deeper than the limit" )`},
		{record.Limits{Elements: 1}, struct{ A, B, C int }{1, 2, 3}, `group( A=i1 !CUT=mark"!CUT: 2 of 3 fields" )`},
		{record.Limits{Errors: 2}, wrapped, `err<*fmt.wrapError>"w: w: w: w: w: e"/1<*fmt.wrapError>"w: w: w: w: e"/2<*fmt.wrapError>"w: w: w: e"/3<>"!CUT: more wrapped errors"`},
		{record.Limits{Attributes: 300}, strings.Repeat("x", 400), `mark"!CUT: 400 of 400 bytes"`},
	} {
		if got := dump(t, encodeWith(&c.limits, slog.Any("k", c.value))); got != "k="+c.want {
			t.Errorf("%+v:\n got %s\nwant k=%s", c.limits, got, c.want)
		}
	}
	got := dump(t, encodeWith(&record.Limits{Elements: 3}, slog.Any("k", big)))
	if strings.Count(got, "=i") != 3 || !strings.Contains(got, `!CUT=mark"!CUT: 7 of 10 entries"`) {
		t.Errorf("got %s", got)
	}
}

func TestAttributesBeyondTheRecordsLimitAreCounted(t *testing.T) {
	attrs := make([]slog.Attr, 100)
	for i := range attrs {
		attrs[i] = slog.String(fmt.Sprint("key", i), "0123456789")
	}
	data := encodeWith(&record.Limits{Attributes: 500}, attrs...)
	if len(data) > 700 {
		t.Errorf("%d bytes", len(data))
	}
	got := dump(t, data)
	kept := strings.Count(got, `"0123456789"`)
	if !strings.HasSuffix(got, fmt.Sprintf(`!CUT=mark"!CUT: %d of 100 attributes"`, 100-kept)) || kept < 10 {
		t.Errorf("got %s", got)
	}
	for _, x := range []any{make([]string, 5000), attrsMap(5000), json.RawMessage("[" + strings.Repeat(`"x",`, 4000) + "1]")} {
		data := encodeWith(&record.Limits{Attributes: 500}, slog.Any("k", x))
		if len(data) > 900 || !strings.Contains(dump(t, data), "!CUT: ") {
			t.Errorf("%T: %d bytes: %.200s", x, len(data), dump(t, data))
		}
	}
}

func attrsMap(n int) map[string]int {
	m := map[string]int{}
	for i := range n {
		m[fmt.Sprint(i)] = i
	}
	return m
}

func TestMessageBeyondTheLimitIsCut(t *testing.T) {
	var e record.Encoder
	e.SetLimits(&record.Limits{String: 100})
	var v record.View
	if err := v.Decode(e.Encode(&record.Header{Message: strings.Repeat("m", 1000)}, nil, nil)); err != nil {
		t.Fatal(err)
	}
	if len(v.Message) > 100 || !strings.HasSuffix(v.Message, "m !CUT: 948 of 1000 bytes") {
		t.Errorf("got %q", v.Message)
	}
}
