package connect2log_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/middleware/rpclog"
	"github.com/hydra-logger/hydra/plugin/connect2log"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type text = wrapperspb.StringValue

const (
	unary  = "/test.v1.Service/Unary"
	output = "/test.v1.Service/Output"
	input  = "/test.v1.Service/Input"
	duplex = "/test.v1.Service/Duplex"
)

// pair is a server of four procedures and what calls it.
type pair struct {
	t              *testing.T
	srv            *httptest.Server
	protocol       []connecthttp.Option
	calls          *connect2log.Interceptors
	server, caller *hydratest.Recorder
	done           func()
}

func connected(t *testing.T, o connect2log.Options, answer func(context.Context, string) error, protocol ...connecthttp.Option) *pair {
	t.Helper()
	serverLog, serverRec := hydratest.New(t)
	clientLog, clientRec := hydratest.New(t)
	o.Logger = serverLog
	logs, err := connect2log.New(o)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := connect2log.New(connect2log.Options{Logger: clientLog})
	if err != nil {
		t.Fatal(err)
	}
	server, mux := connect.NewServer(logs.Server), http.NewServeMux()
	server.Register(methods(answer)...)
	connecthttp.Mount(mux, server)
	p := &pair{t: t, server: serverRec, caller: clientRec, protocol: protocol, calls: calls}
	var handlers sync.WaitGroup // Close of the server does not wait for those of HTTP/2
	p.srv = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handlers.Add(1)
		defer handlers.Done()
		mux.ServeHTTP(w, r)
	}))
	p.srv.EnableHTTP2 = true
	p.srv.Config.ErrorLog = stdlog.New(io.Discard, "", 0)
	p.srv.StartTLS()
	p.done = func() {
		p.srv.Close()
		handlers.Wait()
		if err := errors.Join(serverLog.Flush(t.Context()), clientLog.Flush(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// methods are what the generated code of a service registers.
func methods(answer func(context.Context, string) error) []connect.Method {
	echo := func(ctx context.Context, _ connect.Spec, s connect.ServerStream) error {
		var m text
		if err := s.Receive(&m); err != nil {
			return err
		}
		hydra.FromContext(ctx).Info(ctx, "inside")
		if answer != nil {
			if err := answer(ctx, m.Value); err != nil {
				return err
			}
		}
		return s.Send(&m)
	}
	three := func(ctx context.Context, _ connect.Spec, s connect.ServerStream) error {
		var m text
		if err := s.Receive(&m); err != nil {
			return err
		}
		if info, _ := connect.CallInfoForServerContext(ctx); answer != nil {
			_ = answer(ctx, info.RequestHeader().Get("X-Request-ID"))
		}
		return errors.Join(s.Send(&text{}), s.Send(&text{}), s.Send(&text{}))
	}
	swallow := func(_ context.Context, _ connect.Spec, s connect.ServerStream) error {
		for {
			err := s.Receive(&text{})
			if errors.Is(err, io.EOF) {
				return s.Send(&text{})
			}
			if err != nil {
				return err
			}
		}
	}
	talk := func(_ context.Context, _ connect.Spec, s connect.ServerStream) error {
		for {
			var m text
			err := s.Receive(&m)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = s.Send(&m)
			}
			if err != nil {
				return err
			}
		}
	}
	return []connect.Method{{Spec: spec(unary), Handler: echo}, {Spec: spec(output), Handler: three}, {Spec: spec(input), Handler: swallow}, {Spec: spec(duplex), Handler: talk}}
}

func spec(procedure string) connect.Spec {
	return connect.Spec{Procedure: procedure, StreamType: map[string]connect.StreamType{output: connect.StreamTypeServer, input: connect.StreamTypeClient, duplex: connect.StreamTypeBidi}[procedure]}
}

func (p *pair) client(with ...connect.ClientInterceptor) *connect.Client {
	return connect.NewClient(connecthttp.NewTransport(p.srv.Client(), p.srv.URL, p.protocol...), with...)
}

func (p *pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func TestEveryKindOfCallHasOneRecordOnBothSidesWithOneID(t *testing.T) {
	for name, protocol := range map[string][]connecthttp.Option{"connect": nil, "grpc": {connecthttp.WithGRPC()}, "grpc-web": {connecthttp.WithGRPCWeb()}} {
		t.Run(name, func(t *testing.T) {
			p := connected(t, connect2log.Options{}, nil, protocol...)
			ctx := correlation.Caused(correlation.Ensure(t.Context(), "flow-1"), "m-1")
			callAll(ctx, p)
			p.done()
			for _, c := range []struct {
				method, kind string
				up, down     int64
			}{{unary, "unary", -1, -1}, {output, "server_stream", 1, 3}, {input, "client_stream", 2, 1}, {duplex, "bidi_stream", 1, 1}} {
				s := p.server.Expect(hydratest.HasMessage(c.method), hydratest.HasCorrelationID("flow-1"), hydratest.Level(hydra.LevelInfo),
					hydratest.HasAttr("code", "OK"), hydratest.HasAttr("rpc_type", c.kind), hydratest.HasKey("peer"))
				if s.IDs.CausationID != "m-1" {
					t.Errorf("%s: causation %q", c.method, s.IDs.CausationID)
				}
				k := p.caller.Expect(hydratest.HasMessage(c.method), hydratest.HasCorrelationID("flow-1"), hydratest.Level(hydra.LevelDebug), hydratest.HasAttr("code", "OK"), hydratest.HasKey("peer"))
				want := [4]any{c.up, c.down, c.down, c.up}
				if got := [4]any{s.Attrs["messages_in"], s.Attrs["messages_out"], k.Attrs["messages_in"], k.Attrs["messages_out"]}; c.up >= 0 && got != want {
					t.Errorf("%s: messages %v, want %v", c.method, got, want)
				}
			}
			p.server.ExpectCount(5) // and one from inside
			p.caller.ExpectCount(4)
		})
	}
}

func callAll(ctx context.Context, p *pair) {
	p.t.Helper()
	client := p.client(p.calls.Client)
	with, info := connect.NewClientContext(ctx)
	p.must(client.CallUnary(with, spec(unary), &text{Value: "x"}, &text{}))
	if got := info.ResponseHeader().Values("X-Correlation-ID"); len(got) != 1 || got[0] != "flow-1" {
		p.t.Errorf("answered with id %q", got)
	}
	out, err := client.CallServerStream(ctx, spec(output), &text{})
	p.must(err)
	p.must(drain(out))
	in, err := client.CallClientStream(ctx, spec(input))
	p.must(err)
	p.must(errors.Join(in.Send(&text{}), in.Send(&text{}), in.CloseSend(), in.Receive(&text{}), in.Close()))
	both, err := client.CallClientStream(ctx, spec(duplex))
	p.must(err)
	p.must(errors.Join(both.Send(&text{}), both.Receive(&text{}), both.CloseSend()))
	if err = both.Receive(&text{}); !errors.Is(err, io.EOF) {
		p.t.Error(err)
	}
	p.must(both.Close())
}

// drain reads a stream to its end.
func drain(s connect.ClientStream) (err error) {
	for err == nil {
		err = s.Receive(&text{})
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func TestACallThatNeverReachedAServerHasItsCode(t *testing.T) {
	p := connected(t, connect2log.Options{}, nil)
	p.srv.Close()
	if err := p.client(p.calls.Client).CallUnary(t.Context(), spec(unary), &text{}, &text{}); connect.CodeOf(err) != connect.CodeUnavailable {
		t.Error(err)
	}
	p.done()
	p.caller.ExpectCount(1, hydratest.HasMessage(unary), hydratest.HasAttr("code", "Unavailable"), hydratest.HasKey("error"))
}

func TestAnErrorOfAnotherServerIsInternalToTheCaller(t *testing.T) {
	p := connected(t, connect2log.Options{}, func(context.Context, string) error {
		return connect.NewError(connect.CodeNotFound, "as another server said").WithRemote()
	})
	if err := p.client().CallUnary(t.Context(), spec(unary), &text{}, &text{}); connect.CodeOf(err) != connect.CodeInternal {
		t.Error(err)
	}
	p.done()
	p.server.Expect(hydratest.HasMessage(unary), hydratest.HasAttr("code", "Internal"), hydratest.Level(hydra.LevelError))
}

func TestLevelsFollowTheCodeAndAnErrorHasTheID(t *testing.T) {
	p := connected(t, connect2log.Options{}, func(_ context.Context, s string) error {
		var c connect.Code
		_, _ = fmt.Sscan(s, (*uint32)(&c))
		return connect.NewError(c, "as asked")
	})
	for c := connect.CodeCanceled; c <= connect.CodeUnauthenticated; c++ {
		ctx, info := connect.NewClientContext(correlation.Ensure(t.Context(), "flow-2"))
		err := p.client(p.calls.Client).CallUnary(ctx, spec(unary), &text{Value: fmt.Sprint(uint32(c))}, &text{})
		if connect.CodeOf(err) != c || info.ResponseHeader().Get("X-Correlation-ID") != "flow-2" {
			t.Errorf("%v: %v %q", c, err, info.ResponseHeader().Get("X-Correlation-ID"))
		}
	}
	p.done()
	for c := rpclog.Canceled; c <= rpclog.Unauthenticated; c++ {
		p.server.Expect(hydratest.HasAttr("code", c.String()), hydratest.Level(rpclog.ServerLevel(c)), hydratest.HasKey("error"))
		p.caller.Expect(hydratest.HasAttr("code", c.String()), hydratest.Level(rpclog.ClientLevel(c)), hydratest.HasKey("error"))
	}
}

func TestAPanicIsLoggedWithItsStackAndAnsweredWhereAsked(t *testing.T) {
	for _, recovers := range []bool{true, false} {
		p := connected(t, connect2log.Options{Recover: recovers}, func(context.Context, string) error { panic("boom") })
		err := p.client(p.calls.Client).CallUnary(t.Context(), spec(unary), &text{}, &text{})
		if err == nil || recovers && connect.CodeOf(err) != connect.CodeInternal || strings.Contains(err.Error(), "boom") {
			t.Error(err)
		}
		p.done()
		r := p.server.Expect(hydratest.HasMessage(unary), hydratest.Level(hydra.LevelError), hydratest.HasAttr("panic", "boom"), hydratest.HasAttr("code", "Internal"))
		if stack, _ := r.Attrs["stack"].(string); !strings.Contains(stack, "connect2log_test.go") {
			t.Errorf("stack %q", stack)
		}
	}
}

func TestErrAbortHandlerGoesOnWithoutAStack(t *testing.T) {
	p := connected(t, connect2log.Options{Recover: true}, func(context.Context, string) error { panic(http.ErrAbortHandler) })
	if err := p.client(p.calls.Client).CallUnary(t.Context(), spec(unary), &text{}, &text{}); err == nil {
		t.Error("answered")
	}
	p.done()
	if r := p.server.Expect(hydratest.HasMessage(unary), hydratest.HasAttr("code", "Canceled")); r.Attrs["stack"] != nil {
		t.Error("it has a stack")
	}
}

func TestAStreamThatIsCancelledOrClosedEarlyIsLogged(t *testing.T) {
	for name, leave := range map[string]func(context.CancelFunc, connect.ClientStream){
		"cancelled": func(cancel context.CancelFunc, _ connect.ClientStream) { cancel() },
		"closed":    func(_ context.CancelFunc, s connect.ClientStream) { _ = s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			p := connected(t, connect2log.Options{}, nil)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s, err := p.client(p.calls.Client).CallClientStream(ctx, spec(duplex))
			p.must(err)
			p.must(errors.Join(s.Send(&text{}), s.Receive(&text{})))
			leave(cancel, s)
			for n := 0; n < 1000 && len(p.caller.Records()) == 0; n++ { // the end of a context is told by a goroutine
				time.Sleep(10 * time.Millisecond)
			}
			cancel()
			_ = s.Close()
			p.done()
			p.caller.ExpectCount(1, hydratest.HasMessage(duplex), hydratest.HasAttr("code", "Canceled"))
			p.server.ExpectCount(1, hydratest.HasMessage(duplex))
		})
	}
}

func TestABadIDIsReplacedReportedAndNotPassedOn(t *testing.T) {
	p := connected(t, connect2log.Options{Headers: []string{"User-Agent"}}, func(ctx context.Context, passed string) error {
		if passed != "" {
			t.Errorf("the handler of a stream sees %q", passed)
		}
		rpclog.SetAttrs(ctx, hydra.Fields(map[string]any{"user": "u1"})...)
		return nil
	})
	ctx, info := connect.NewClientContext(t.Context())
	info.RequestHeader().Set("X-Request-ID", "a b")
	p.must(p.client().CallUnary(ctx, spec(unary), &text{}, &text{}))
	if !correlation.Valid(info.ResponseHeader().Get("X-Correlation-ID")) {
		t.Errorf("%q", info.ResponseHeader().Get("X-Correlation-ID"))
	}
	out, err := p.client().CallServerStream(ctx, spec(output), &text{})
	p.must(err)
	p.must(drain(out))
	p.done()
	p.server.Expect(hydratest.HasMessage(output), hydratest.HasAttr(correlation.RejectedKey, `"a b"`))
	p.server.Expect(hydratest.HasMessage(unary), hydratest.HasAttr(correlation.RejectedKey, `"a b"`), hydratest.HasAttr("user", "u1"), hydratest.HasKey("request_headers.user-agent"))
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for _, o := range []connect2log.Options{{Headers: []string{"Cookie"}}, {Sample: map[string]float64{unary: -1}}, {Slow: -1}} {
		if _, err := connect2log.New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}
