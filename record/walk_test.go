package record_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/hydra-logger/hydra/record"
)

type state int

func (s state) String() string { return "running" }

type opaque struct{ hidden int }

func (o opaque) String() string { return "opaque!" }

type pointerOpaque struct{ hidden int }

func (o *pointerOpaque) String() string { return "pointer opaque!" }

type money struct{ units int }

func (m money) MarshalText() ([]byte, error) { return []byte("EUR 5"), nil }

type jsonThing struct{}

func (jsonThing) MarshalJSON() ([]byte, error) {
	return []byte(` {"a":[1,2.5,"x\u00e9\n",null,true,{}],"b":12345678901234567890123} `), nil
}

type jsonError struct{}

func (jsonError) MarshalJSON() ([]byte, error) { return []byte(`{"code":7}`), nil }
func (jsonError) Error() string                { return "not used" }

type password string

func (password) LogValue() slog.Value { return slog.StringValue("***") }

func TestAnyValueIsWalkedByItsType(t *testing.T) {
	var nilMap map[string]int
	var nilSlice []int
	var nilError error
	var nilPointer *money
	var nilFunc func()
	seven := 7
	_, network, _ := net.ParseCIDR("10.0.0.0/8")
	for _, c := range []struct {
		value any
		want  string
	}{
		{[]int{1, 2}, "list( i1 i2 )"},
		{[2]bool{true}, "list( true false )"},
		{[]any{1, "a", nil, []byte("b"), 2.5}, `list( i1 "a" null b"b" f2.5 )`},
		{map[string]any{"b": 1, "a": map[int]string{10: "x", 9: "y"}}, `group( a=group( 10="x" 9="y" ) b=i1 )`},
		{&seven, "i7"},
		{nilMap, "null"}, {nilSlice, "null"}, {nilError, "null"}, {nilPointer, "null"}, {nilFunc, "null"},
		{[]byte{}, `b""`},
		{float32(0.1), "f0.10000000149011612"}, // log/slog made it a float64
		{[]float32{0.1}, "list( f0.1 )"},
		{complex(1, 2), `"(1+2i)"`},
		{state(3), "i3"},
		{opaque{1}, `"opaque!"`},
		{&pointerOpaque{1}, `"pointer opaque!"`},
		{struct{}{}, "group( )"},
		{money{5}, `"EUR 5"`},
		{map[money]int{{5}: 1}, `group( EUR 5=i1 )`},
		{jsonThing{}, `group( a=list( i1 f2.5 "xé\n" null true group( ) ) b=n12345678901234567890123 )`},
		{jsonError{}, "group( code=i7 )"},
		{json.RawMessage(`[1, {"a": "b"}]`), `list( i1 group( a="b" ) )`},
		{json.RawMessage(nil), "null"},
		{json.RawMessage(`[1,`), `mark"!ERROR: invalid JSON at byte 3: ends before its end"`},
		{json.Number("1.50"), "f1.5"},
		{json.Number("-0"), "f-0"},
		{json.Number("0.12345678901234567890"), "n0.12345678901234567890"},
		{json.Number("1e400"), "n1e400"},
		{json.Number("18446744073709551615"), "u18446744073709551615"},
		{json.Number("oops"), `"oops"`},
		{net.IPv4(10, 0, 0, 1), `"10.0.0.1"`},
		{netip.MustParseAddr("::1"), `"::1"`},
		{network, `group( IP="10.0.0.0" Mask=b"\xff\x00\x00\x00" )`},
		{&url.URL{Scheme: "https", Host: "h", Path: "/p", User: url.UserPassword("u", "secret")}, `"https://u:xxxxx@h/p"`},
		{big.NewInt(5), "i5"},
		{new(big.Int).Exp(big.NewInt(10), big.NewInt(30), nil), "n1000000000000000000000000000000"},
		{struct {
			D time.Duration
			T time.Time
			P *time.Time
		}{D: time.Second, T: time.Unix(1, 0).UTC()}, "group( D=d1s T=t1970-01-01T00:00:01Z P=null )"},
		{make(chan int), `mark"!UNSUPPORTED: chan int"`},
		{[]any{func() {}}, `list( mark"!UNSUPPORTED: func()" )`},
		{unsafe.Pointer(&seven), `mark"!UNSUPPORTED: unsafe.Pointer"`},
		{struct{ P password }{"x"}, `group( P="***" )`},
		{[]password{"x"}, `list( "***" )`},
		{[]slog.Value{slog.GroupValue(slog.Int("a", 1)), slog.IntValue(2)}, `list( group( a=i1 ) i2 )`},
		{struct{ E error }{errors.New("x")}, `group( E=err<*errors.errorString>"x" )`},
		{math.NaN(), "fNaN"},
		{reflect.ValueOf(1), `"<int Value>"`},
	} {
		check(t, c.value, c.want)
	}
}

type inner struct {
	A string
	B int `json:"bee"`
}

type hidden struct {
	Promoted string
	Secret   string `log:"secret"`
}

type promoted struct{ Promoted string }

type clash1 struct{ Same, Other int }
type clash2 struct{ Same int }

type everything struct {
	inner
	*promoted
	clash1
	clash2
	Name    string            `json:"name"`
	Skipped int               `json:"-"`
	Dash    int               `json:"-,"` //nolint:staticcheck // what encoding/json does with it is to be done here
	Empty   string            `json:",omitempty"`
	EmptyM  map[string]int    `json:"m,omitempty"`
	EmptyS  inner             `json:"s,omitempty"`
	ZeroT   time.Time         `json:"t,omitzero"`
	ZeroS   inner             `json:"z,omitzero"`
	Quoted  int               `json:",string"`
	QuotedS string            `json:"qs,string"`
	QuotedP *bool             `json:"qp,string"`
	Odd     int               `json:"odd'name"` //nolint:staticcheck // the same
	Any     any               `json:"any"`
	Tags    []string          `json:"tags"`
	Meta    map[string]*inner `json:"meta"`
	Next    *everything       `json:"next,omitempty"`
	private int
	B       string `json:"bee"`
}

func TestStructsAreWalkedAsEncodingJSONDoes(t *testing.T) {
	yes := true
	for _, x := range []any{
		everything{},
		&everything{
			private: 1, inner: inner{"a", 1}, promoted: &promoted{Promoted: "p"}, Name: "n", Dash: 3, QuotedS: `q"`, QuotedP: &yes,
			Any: []any{1.5, "x"}, Tags: []string{"a"}, Meta: map[string]*inner{"k": {A: "v"}, "nil": nil},
			Next: &everything{Name: "second"},
		},
		struct {
			*inner
			X int
		}{X: 1},
		[]inner{{A: "1"}, {A: "2"}},
	} {
		text, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		want := decodeJSON(t, text)
		got := tree(t, encode(slog.Any("k", x)))["k"]
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%T:\n got %v\nwant %v", x, got, want)
		}
	}
}

func TestFieldsTaggedSecretAreRedacted(t *testing.T) {
	x := struct {
		User  string
		Token string `json:"token" log:"secret"`
		hidden
		Deep []struct {
			Pin int `log:"secret"`
		}
		Whole inner `log:"secret"`
	}{User: "u", Token: "t0p", hidden: hidden{Secret: "s3cret"}, Whole: inner{A: "wh0le"}}
	x.Deep = append(x.Deep, struct {
		Pin int `log:"secret"`
	}{424242})
	got := dump(t, encode(slog.Any("k", x)))
	want := `k=group( User="u" token="[REDACTED]" Promoted="" Secret="[REDACTED]" Deep=list( group( Pin="[REDACTED]" ) ) Whole="[REDACTED]" )`
	if got != want {
		t.Errorf("got %s", got)
	}
}

// An embedded struct that is secret is secret in all its parts.
func TestEmbeddedSecretIsRedacted(t *testing.T) {
	type Account struct{ Number, Owner string }
	x := struct {
		Account `log:"secret"`
		ID      int
	}{Account{"n", "o"}, 1}
	if got := dump(t, encode(slog.Any("k", x))); got != `k=group( Number="[REDACTED]" Owner="[REDACTED]" ID=i1 )` {
		t.Errorf("got %s", got)
	}
}

func decodeJSON(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// tree turns attributes into what encoding/json makes of their JSON.
func tree(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var v record.View
	if err := v.Decode(data); err != nil {
		t.Fatal(err)
	}
	it := v.Attrs()
	return readGroup(&it)
}

func readGroup(it *record.Attrs) map[string]any {
	m := map[string]any{}
	var tok record.Token
	for it.Next(&tok) && tok.Kind != record.KindEnd {
		key := strings.Clone(tok.Key)
		m[key] = readValue(&tok, it)
	}
	return m
}

func readValue(tok *record.Token, it *record.Attrs) any {
	switch tok.Kind {
	case record.KindNull:
		return nil
	case record.KindBool:
		return tok.Bool()
	case record.KindInt:
		return float64(tok.Int())
	case record.KindUint:
		return float64(tok.Num)
	case record.KindFloat:
		return tok.Float()
	case record.KindNumber:
		f, _ := json.Number(tok.Str).Float64()
		return f
	case record.KindTime:
		return tok.Time().Format(time.RFC3339Nano)
	case record.KindGroup:
		return readGroup(it)
	case record.KindList:
		l := []any{}
		for it.Next(tok) && tok.Kind != record.KindEnd {
			l = append(l, readValue(tok, it))
		}
		return l
	default:
		return strings.Clone(tok.Str)
	}
}

type tree1 struct {
	Left, Right *tree2
	Leaf        map[string]tree3
}
type tree2 struct{ Up *tree1 }
type tree3 struct {
	Any  any
	List []tree1
}

func TestTypePlansAreBuiltByManyGoroutinesAtOnce(t *testing.T) {
	x := tree1{Left: &tree2{}, Leaf: map[string]tree3{"a": {Any: tree2{}, List: []tree1{{}}}}}
	want := `k=group( Left=group( Up=null ) Right=null Leaf=group( a=group( Any=group( Up=null ) List=list( group( Left=null Right=null Leaf=null ) ) ) ) )`
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if got := dump(t, encode(slog.Any("k", x))); got != want {
				t.Errorf("got %s", got)
			}
		})
	}
	wg.Wait()
}
