package record_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

func TestEventThatNobodyChangesEncodesToTheSameRecord(t *testing.T) {
	var ev record.Event
	var e record.Encoder
	for name, data := range goldenRecords() {
		for range 2 { // the second time with memory that is used again
			var v record.View
			if err := v.Decode(data); err != nil {
				t.Fatal(err)
			}
			if err := ev.Set(&v); err != nil {
				t.Fatal(err)
			}
			again := e.EncodeEvent(&ev)
			if name == "groups" { // a group that the end of the record closed is closed expressly
				again = bytes.TrimSuffix(again, []byte{byte(record.KindEnd)})
			}
			if !bytes.Equal(again, data) {
				t.Errorf("%s:\n got %s\nwant %s", name, describe(t, again), describe(t, data))
			}
		}
	}
}

func TestEventHoldsSlogValues(t *testing.T) {
	var ev record.Event
	set(t, &ev, encode(
		slog.Int("a", 1), slog.Any("e", fmt.Errorf("w: %w", errors.New("x"))), slog.Any("l", []any{1, "two"}),
		slog.Any("m", make(chan int)), slog.Any("n", json.Number("1e400")), slog.Any("b", []byte("xy")), slog.Any("nil", nil),
		slog.Group("g", slog.Bool("yes", true)), slog.Time("t", benchTime.In(time.FixedZone("", 7200)))))
	get := map[string]slog.Value{}
	for _, a := range ev.Attrs {
		get[a.Key] = a.Value
	}
	if get["a"].Int64() != 1 || !get["g"].Group()[0].Value.Bool() || !get["t"].Time().Equal(benchTime) {
		t.Errorf("got %v", ev.Attrs)
	}
	err, ok := get["e"].Any().(*record.Error)
	if !ok || err.Error() != "w: x" || err.Type() != "*fmt.wrapError" || err.Clone().Error() != "w: x" {
		t.Errorf("got %v", get["e"])
	}
	if l := get["l"].Any().(*record.List).Values; len(l) != 2 || l[1].String() != "two" {
		t.Errorf("got %v", l)
	}
	if m := get["m"].Any().(record.Mark); m != "!UNSUPPORTED: chan int" {
		t.Errorf("got %v", m)
	}
	if n := get["n"].Any().(json.Number); n != "1e400" {
		t.Errorf("got %v", n)
	}
	if b := get["b"].Any().([]byte); string(b) != "xy" || get["nil"].Any() != nil {
		t.Errorf("got %v", ev.Attrs)
	}
}

func TestProcessorChangesAnEvent(t *testing.T) {
	var ev record.Event
	var e record.Encoder
	h := record.Header{Message: "m", IDs: &record.IDs{CorrelationID: "c"}}
	set(t, &ev, e.Encode(&h, nil, []slog.Attr{slog.String("password", "x"), slog.Any("err", errBench)}))
	ev.Message = "changed"
	ev.IDs = record.IDs{}
	ev.Attrs[0].Value = slog.StringValue("[REDACTED]")
	ev.Attrs[1].Value = slog.AnyValue(record.NewError("masked", "*secret.Error"))
	ev.Attrs = append(ev.Attrs, slog.Any("added", []string{"any", "value"}))
	data := e.EncodeEvent(&ev)
	var v record.View
	if err := v.Decode(data); err != nil {
		t.Fatal(err)
	}
	if v.Message != "changed" || v.IDs.CorrelationID != "" {
		t.Errorf("got %+v", v)
	}
	if got := dump(t, data); got != `password="[REDACTED]" err=err<*secret.Error>"masked" added=list( "any" "value" )` {
		t.Errorf("got %s", got)
	}
}

func TestEventIsACopy(t *testing.T) {
	var ev record.Event
	data := encode(slog.String("k", "value"))
	set(t, &ev, data)
	for i := range data {
		data[i] = 'x'
	}
	if got := ev.Attrs[0].Value.String(); got != "value" {
		t.Errorf("got %q", got)
	}
}

func set(t *testing.T, ev *record.Event, data []byte) {
	t.Helper()
	var v record.View
	if err := v.Decode(data); err != nil {
		t.Fatal(err)
	}
	if err := ev.Set(&v); err != nil {
		t.Fatal(err)
	}
}
