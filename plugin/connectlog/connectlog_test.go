package connectlog_test

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

	"connectrpc.com/connect"
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/middleware/rpclog"
	"github.com/hydra-logger/hydra/plugin/connectlog"
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
	clientOpts     []connect.ClientOption
	server, caller *hydratest.Recorder
	done           func()
}

func connected(t *testing.T, o connectlog.Options, answer func(context.Context, string) error, protocol ...connect.ClientOption) *pair {
	t.Helper()
	serverLog, serverRec := hydratest.New(t)
	clientLog, clientRec := hydratest.New(t)
	o.Logger = serverLog
	logs, err := connectlog.New(o)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := connectlog.New(connectlog.Options{Logger: clientLog})
	if err != nil {
		t.Fatal(err)
	}
	with := connect.WithInterceptors(logs)
	mux := http.NewServeMux()
	mux.Handle(unary, connect.NewUnaryHandler(unary, func(ctx context.Context, r *connect.Request[text]) (*connect.Response[text], error) {
		hydra.FromContext(ctx).Info(ctx, "inside")
		if answer != nil {
			if err := answer(ctx, r.Msg.Value); err != nil {
				return nil, err
			}
		}
		return connect.NewResponse(r.Msg), nil
	}, with))
	mux.Handle(output, connect.NewServerStreamHandler(output, func(ctx context.Context, r *connect.Request[text], s *connect.ServerStream[text]) error {
		if answer != nil {
			_ = answer(ctx, r.Header().Get("X-Request-ID"))
		}
		return errors.Join(s.Send(&text{}), s.Send(&text{}), s.Send(&text{}))
	}, with))
	mux.Handle(input, connect.NewClientStreamHandler(input, func(_ context.Context, s *connect.ClientStream[text]) (*connect.Response[text], error) {
		for s.Receive() {
		}
		return connect.NewResponse(&text{}), s.Err()
	}, with))
	mux.Handle(duplex, connect.NewBidiStreamHandler(duplex, func(ctx context.Context, s *connect.BidiStream[text, text]) error {
		for {
			m, err := s.Receive()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = s.Send(m)
			}
			if err != nil {
				return err
			}
		}
	}, with))
	p := &pair{t: t, server: serverRec, caller: clientRec, clientOpts: append(protocol, connect.WithInterceptors(calls))}
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

func (p *pair) client(procedure string) *connect.Client[text, text] {
	return connect.NewClient[text, text](p.srv.Client(), p.srv.URL+procedure, p.clientOpts...)
}

func (p *pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func TestEveryKindOfCallHasOneRecordOnBothSidesWithOneID(t *testing.T) {
	for name, protocol := range map[string][]connect.ClientOption{"connect": nil, "grpc": {connect.WithGRPC()}, "grpc-web": {connect.WithGRPCWeb()}} {
		t.Run(name, func(t *testing.T) {
			p := connected(t, connectlog.Options{}, nil, protocol...)
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
	res, err := p.client(unary).CallUnary(ctx, connect.NewRequest(&text{Value: "x"}))
	p.must(err)
	if got := res.Header().Values("X-Correlation-ID"); len(got) != 1 || got[0] != "flow-1" {
		p.t.Errorf("answered with id %q", got)
	}
	out, err := p.client(output).CallServerStream(ctx, connect.NewRequest(&text{}))
	p.must(err)
	for out.Receive() {
	}
	p.must(errors.Join(out.Err(), out.Close()))
	in := p.client(input).CallClientStream(ctx)
	p.must(errors.Join(in.Send(&text{}), in.Send(&text{})))
	_, err = in.CloseAndReceive()
	p.must(err)
	both := p.client(duplex).CallBidiStream(ctx)
	p.must(both.Send(&text{}))
	_, err = both.Receive()
	p.must(errors.Join(err, both.CloseRequest()))
	if _, err = both.Receive(); !errors.Is(err, io.EOF) {
		p.t.Error(err)
	}
	p.must(both.CloseResponse())
}

func TestLevelsFollowTheCodeAndAnErrorHasTheID(t *testing.T) {
	p := connected(t, connectlog.Options{}, func(_ context.Context, s string) error {
		var c connect.Code
		_, _ = fmt.Sscan(s, (*uint32)(&c))
		return connect.NewError(c, errors.New("as asked"))
	})
	for c := connect.CodeCanceled; c <= connect.CodeUnauthenticated; c++ {
		_, err := p.client(unary).CallUnary(correlation.Ensure(t.Context(), "flow-2"), connect.NewRequest(&text{Value: fmt.Sprint(uint32(c))}))
		failed := (*connect.Error)(nil)
		if !errors.As(err, &failed) || failed.Code() != c || failed.Meta().Get("X-Correlation-ID") != "flow-2" {
			t.Errorf("%v: %v", c, err)
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
		p := connected(t, connectlog.Options{Recover: recovers}, func(context.Context, string) error { panic("boom") })
		_, err := p.client(unary).CallUnary(t.Context(), connect.NewRequest(&text{}))
		if err == nil || recovers && connect.CodeOf(err) != connect.CodeInternal || strings.Contains(err.Error(), "boom") {
			t.Error(err)
		}
		p.done()
		r := p.server.Expect(hydratest.HasMessage(unary), hydratest.Level(hydra.LevelError), hydratest.HasAttr("panic", "boom"), hydratest.HasAttr("code", "Internal"))
		if stack, _ := r.Attrs["stack"].(string); !strings.Contains(stack, "connectlog_test.go") {
			t.Errorf("stack %q", stack)
		}
	}
}

func TestErrAbortHandlerGoesOnWithoutAStack(t *testing.T) {
	p := connected(t, connectlog.Options{Recover: true}, func(context.Context, string) error { panic(http.ErrAbortHandler) })
	if _, err := p.client(unary).CallUnary(t.Context(), connect.NewRequest(&text{})); err == nil {
		t.Error("answered")
	}
	p.done()
	if r := p.server.Expect(hydratest.HasMessage(unary), hydratest.HasAttr("code", "Canceled")); r.Attrs["stack"] != nil {
		t.Error("it has a stack")
	}
}

func TestAStreamThatIsCancelledOrClosedEarlyIsLogged(t *testing.T) {
	for name, leave := range map[string]func(context.CancelFunc, *connect.BidiStreamForClient[text, text]){
		"cancelled": func(cancel context.CancelFunc, _ *connect.BidiStreamForClient[text, text]) { cancel() },
		"closed":    func(_ context.CancelFunc, s *connect.BidiStreamForClient[text, text]) { _ = s.CloseResponse() },
	} {
		t.Run(name, func(t *testing.T) {
			p := connected(t, connectlog.Options{}, nil)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s := p.client(duplex).CallBidiStream(ctx)
			p.must(s.Send(&text{}))
			_, err := s.Receive()
			p.must(err)
			leave(cancel, s)
			for n := 0; n < 1000 && len(p.caller.Records()) == 0; n++ { // the end of a context is told by a goroutine
				time.Sleep(10 * time.Millisecond)
			}
			cancel()
			_ = s.CloseRequest()
			_ = s.CloseResponse()
			p.done()
			p.caller.ExpectCount(1, hydratest.HasMessage(duplex), hydratest.HasAttr("code", "Canceled"))
			p.server.ExpectCount(1, hydratest.HasMessage(duplex))
		})
	}
}

func TestABadIDIsReplacedReportedAndNotPassedOn(t *testing.T) {
	p := connected(t, connectlog.Options{Headers: []string{"User-Agent"}}, func(ctx context.Context, passed string) error {
		if passed != "" {
			t.Errorf("the handler of a stream sees %q", passed)
		}
		rpclog.SetAttrs(ctx, hydra.Fields(map[string]any{"user": "u1"})...)
		return nil
	})
	raw := connect.NewClient[text, text](p.srv.Client(), p.srv.URL+unary)
	req := connect.NewRequest(&text{})
	req.Header().Set("X-Request-ID", "a b")
	res, err := raw.CallUnary(t.Context(), req)
	p.must(err)
	if !correlation.Valid(res.Header().Get("X-Correlation-ID")) {
		t.Errorf("%v", res.Header())
	}
	req = connect.NewRequest(&text{})
	req.Header().Set("X-Request-ID", "a b")
	out, err := connect.NewClient[text, text](p.srv.Client(), p.srv.URL+output).CallServerStream(t.Context(), req)
	p.must(err)
	for out.Receive() {
	}
	p.must(errors.Join(out.Err(), out.Close()))
	p.done()
	p.server.Expect(hydratest.HasMessage(output), hydratest.HasAttr(correlation.RejectedKey, `"a b"`))
	p.server.Expect(hydratest.HasMessage(unary), hydratest.HasAttr(correlation.RejectedKey, `"a b"`), hydratest.HasAttr("user", "u1"), hydratest.HasKey("request_headers.user-agent"))
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for _, o := range []connectlog.Options{{Headers: []string{"Cookie"}}, {Sample: map[string]float64{unary: -1}}, {Slow: -1}} {
		if _, err := connectlog.New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}
