package rpclog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/middleware/rpclog"
)

const method = "/pkg.Service/Method"

func begin(t *testing.T, o rpclog.Options) (*rpclog.Middleware, *hydra.Logger, *hydratest.Recorder) {
	t.Helper()
	log, rec := hydratest.New(t)
	o.Logger = log
	m, err := rpclog.New("test", o)
	if err != nil {
		t.Fatal(err)
	}
	return m, log, rec
}

// The tables that users of go-grpc-middleware know.
func TestCodesHaveTheLevelsThatPeopleRelyOn(t *testing.T) {
	for _, c := range []struct {
		name           string
		code           rpclog.Code
		server, client slog.Level
	}{
		{"OK", rpclog.OK, 0, -4}, {"Canceled", rpclog.Canceled, 0, -4}, {"Unknown", rpclog.Unknown, 8, 0}, {"InvalidArgument", rpclog.InvalidArgument, 0, -4},
		{"DeadlineExceeded", rpclog.DeadlineExceeded, 4, 0}, {"NotFound", rpclog.NotFound, 0, -4}, {"AlreadyExists", rpclog.AlreadyExists, 0, -4},
		{"PermissionDenied", rpclog.PermissionDenied, 4, 0}, {"ResourceExhausted", rpclog.ResourceExhausted, 4, -4},
		{"FailedPrecondition", rpclog.FailedPrecondition, 4, -4}, {"Aborted", rpclog.Aborted, 4, -4}, {"OutOfRange", rpclog.OutOfRange, 4, -4},
		{"Unimplemented", rpclog.Unimplemented, 8, 4}, {"Internal", rpclog.Internal, 8, 4}, {"Unavailable", rpclog.Unavailable, 4, 4},
		{"DataLoss", rpclog.DataLoss, 8, 4}, {"Unauthenticated", rpclog.Unauthenticated, 0, 0}, {"Code(99)", 99, 8, 0},
	} {
		if c.code.String() != c.name || rpclog.ServerLevel(c.code) != c.server || rpclog.ClientLevel(c.code) != c.client {
			t.Errorf("%s: %v, server %v, client %v", c.name, c.code, rpclog.ServerLevel(c.code), rpclog.ClientLevel(c.code))
		}
	}
}

func TestACallThatEndsTwiceHasOneRecord(t *testing.T) {
	m, log, rec := begin(t, rpclog.Options{})
	c := m.Server(t.Context(), correlation.Metadata{}, rpclog.Info{Method: method, Type: "unary"})
	c.End(rpclog.NotFound, errors.New("none"))
	c.End(rpclog.OK, nil)
	_ = log.Flush(t.Context())
	rec.Expect(hydratest.HasAttr("code", "NotFound"), hydratest.HasKey("error"))
	rec.ExpectCount(1)
}

func TestAClientUsesTheIDThatItsCallerWrote(t *testing.T) {
	m, log, rec := begin(t, rpclog.Options{})
	for own, want := range map[string]string{"mine": "mine", "": "", "not valid": ""} {
		md := correlation.Metadata{"x-correlation-id": {own}}
		c := m.Client(t.Context(), md, rpclog.Info{Method: method + own, Type: "unary"})
		c.End(rpclog.OK, nil)
		if got := md.Get("x-correlation-id"); !correlation.Valid(got) || got != c.ID() || want != "" && got != want {
			t.Errorf("%q went out as %q", own, got)
		}
	}
	_ = log.Flush(t.Context())
	rec.Expect(hydratest.HasMessage(method+"mine"), hydratest.HasCorrelationID("mine"))
}

func TestSampledAndSkippedCallsHaveNoRecordUnlessTheyFail(t *testing.T) {
	m, log, rec := begin(t, rpclog.Options{Sample: map[string]float64{method: 0}, Skip: func(_ context.Context, name string, _ rpclog.Code) bool { return name == "/skipped" }})
	for _, c := range []struct {
		method string
		code   rpclog.Code
	}{{method, rpclog.OK}, {method, rpclog.NotFound}, {"/skipped", rpclog.Internal}, {method, rpclog.Unavailable}} {
		m.Server(t.Context(), correlation.Metadata{}, rpclog.Info{Method: c.method, Type: "unary"}).End(c.code, nil)
	}
	_ = log.Flush(t.Context())
	rec.ExpectCount(1)
	rec.Expect(hydratest.HasAttr("code", "Unavailable"), hydratest.Level(hydra.LevelWarning))
}

// lateSetter is a value that adds an attribute while it is logged.
type lateSetter struct{ ctx context.Context }

func (v lateSetter) LogValue() slog.Value {
	rpclog.SetAttrs(v.ctx, slog.Int("late", 1))
	return slog.IntValue(2)
}

func TestAValueThatIsLoggedMaySetAttributes(t *testing.T) {
	m, log, rec := begin(t, rpclog.Options{})
	c := m.Server(t.Context(), correlation.Metadata{}, rpclog.Info{Method: method, Type: "unary"})
	rpclog.SetAttrs(c.Context(), slog.Any("value", lateSetter{c.Context()}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.End(rpclog.OK, nil)
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("the call's own lock holds it up")
	}
	_ = log.Flush(t.Context())
	rec.Expect(hydratest.HasAttr("value", 2))
}

func TestAStreamIsNeverSlow(t *testing.T) {
	m, log, rec := begin(t, rpclog.Options{Slow: time.Nanosecond, Layer: "rpc"})
	for i, kind := range []string{rpclog.TypeOf(false, false), rpclog.TypeOf(true, false), rpclog.TypeOf(false, true), rpclog.TypeOf(true, true)} {
		c := m.Server(t.Context(), correlation.Metadata{}, rpclog.Info{Method: fmt.Sprint(i), Type: kind})
		rpclog.SetAttrs(c.Context(), slog.Int("i", i))
		c.End(rpclog.OK, nil)
	}
	rpclog.SetAttrs(t.Context(), slog.Int("i", 9)) // outside of a call: nothing
	_ = log.Flush(t.Context())
	rec.ExpectCount(1, hydratest.HasAttr("slow", true), hydratest.HasAttr("rpc_type", "unary"))
	rec.ExpectCount(4, hydratest.Layer("rpc"), hydratest.HasKey("i"))
}
