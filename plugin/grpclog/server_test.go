package grpclog_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/middleware/rpclog"
	"github.com/hydra-logger/hydra/plugin/grpclog"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	unary  = "/grpc.testing.TestService/UnaryCall"
	output = "/grpc.testing.TestService/StreamingOutputCall"
	input  = "/grpc.testing.TestService/StreamingInputCall"
	duplex = "/grpc.testing.TestService/FullDuplexCall"
)

// service answers the four kinds of calls of gRPC's own test service.
type service struct {
	pb.UnimplementedTestServiceServer
	unary func(context.Context) error
	open  chan struct{} // FullDuplexCall has begun
}

func (s *service) UnaryCall(ctx context.Context, _ *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	hydra.FromContext(ctx).Info(ctx, "inside")
	if s.unary != nil {
		return &pb.SimpleResponse{}, s.unary(ctx)
	}
	return &pb.SimpleResponse{}, nil
}

func (*service) StreamingOutputCall(_ *pb.StreamingOutputCallRequest, ss grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]) error {
	hydra.FromContext(ss.Context()).Info(ss.Context(), "inside")
	for range 3 {
		if err := ss.Send(&pb.StreamingOutputCallResponse{}); err != nil {
			return err
		}
	}
	return nil
}

func (*service) StreamingInputCall(ss grpc.ClientStreamingServer[pb.StreamingInputCallRequest, pb.StreamingInputCallResponse]) error {
	for {
		if _, err := ss.Recv(); err == io.EOF {
			return ss.SendAndClose(&pb.StreamingInputCallResponse{})
		} else if err != nil {
			return err
		}
	}
}

func (s *service) FullDuplexCall(ss grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
	if s.open != nil {
		close(s.open)
	}
	for {
		if _, err := ss.Recv(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := ss.Send(&pb.StreamingOutputCallResponse{}); err != nil {
			return err
		}
	}
}

type pair struct {
	t              *testing.T
	address        string
	client         pb.TestServiceClient
	health         healthpb.HealthClient
	server, caller *hydratest.Recorder
	done           func()
}

// connect starts a server on the loopback interface and a client, both with records of their own.
func connect(t *testing.T, o grpclog.Options, s *service) *pair {
	t.Helper()
	p := &pair{t: t}
	serverLog, serverRec := hydratest.New(t)
	clientLog, clientRec := hydratest.New(t)
	p.server, p.caller = serverRec, clientRec
	o.Logger = serverLog
	logs, err := grpclog.New(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := grpc.NewServer(grpc.ChainUnaryInterceptor(logs.UnaryServer()), grpc.ChainStreamInterceptor(logs.StreamServer()))
	pb.RegisterTestServiceServer(srv, s)
	healthpb.RegisterHealthServer(srv, health.NewServer())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.address = "passthrough:///" + ln.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ln) }()
	calls, err := grpclog.New(grpclog.Options{Logger: clientLog})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(p.address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithChainUnaryInterceptor(calls.UnaryClient()), grpc.WithChainStreamInterceptor(calls.StreamClient()))
	if err != nil {
		t.Fatal(err)
	}
	p.client, p.health = pb.NewTestServiceClient(conn), healthpb.NewHealthClient(conn)
	p.done = func() {
		_ = conn.Close()
		srv.GracefulStop()
		if err := errors.Join(<-ended, serverLog.Flush(t.Context()), clientLog.Flush(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func TestEveryKindOfCallHasOneRecordOnBothSidesWithOneID(t *testing.T) {
	p := connect(t, grpclog.Options{}, &service{})
	ctx := correlation.Caused(correlation.Ensure(t.Context(), "flow-1"), "m-1")
	var header metadata.MD
	_, err := p.client.UnaryCall(ctx, &pb.SimpleRequest{}, grpc.Header(&header))
	p.must(err)
	if got := header.Get("x-correlation-id"); len(got) != 1 || got[0] != "flow-1" {
		t.Errorf("answered with id %q", got)
	}
	out, err := p.client.StreamingOutputCall(ctx, &pb.StreamingOutputCallRequest{})
	p.must(err)
	for err = nil; err == nil; _, err = out.Recv() {
	}
	in, err := p.client.StreamingInputCall(ctx)
	p.must(err)
	p.must(in.Send(&pb.StreamingInputCallRequest{}))
	p.must(in.Send(&pb.StreamingInputCallRequest{}))
	_, err = in.CloseAndRecv()
	p.must(err)
	both, err := p.client.FullDuplexCall(ctx)
	p.must(err)
	p.must(both.Send(&pb.StreamingOutputCallRequest{}))
	_, err = both.Recv()
	p.must(err)
	p.must(both.CloseSend())
	if _, err = both.Recv(); err != io.EOF {
		t.Error(err)
	}
	p.done()
	for _, c := range []struct {
		method, kind string
		up, down     int
	}{{unary, "unary", -1, -1}, {output, "server_stream", 1, 3}, {input, "client_stream", 2, 1}, {duplex, "bidi_stream", 1, 1}} {
		s := p.server.Expect(hydratest.HasMessage(c.method), hydratest.HasCorrelationID("flow-1"), hydratest.Level(hydra.LevelInfo), hydratest.HasAttr("code", "OK"),
			hydratest.HasAttr("rpc_type", c.kind), hydratest.HasKey("peer"), hydratest.HasAttr("rpc_system", "grpc"))
		if s.IDs.CausationID != "m-1" {
			t.Errorf("%s: causation %q", c.method, s.IDs.CausationID)
		}
		k := p.caller.Expect(hydratest.HasMessage(c.method), hydratest.HasCorrelationID("flow-1"), hydratest.Level(hydra.LevelDebug), hydratest.HasAttr("code", "OK"))
		if c.up >= 0 {
			want := [4]any{int64(c.up), int64(c.down), int64(c.down), int64(c.up)}
			if got := [4]any{s.Attrs["messages_in"], s.Attrs["messages_out"], k.Attrs["messages_in"], k.Attrs["messages_out"]}; got != want {
				t.Errorf("%s: messages %v, want %v", c.method, got, want)
			}
		}
	}
	p.server.ExpectCount(6) // and two from inside
	p.server.ExpectCount(2, hydratest.HasMessage("inside"), hydratest.HasCorrelationID("flow-1"))
	p.caller.ExpectCount(4)
}

func TestLevelsFollowTheCodeOnBothSides(t *testing.T) {
	next := make(chan error, 1)
	p := connect(t, grpclog.Options{}, &service{unary: func(context.Context) error { return <-next }})
	for c := codes.Canceled; c <= codes.Unauthenticated; c++ {
		next <- status.Error(c, "as asked")
		if _, err := p.client.UnaryCall(t.Context(), &pb.SimpleRequest{}); status.Code(err) != c {
			t.Errorf("%v", err)
		}
	}
	next <- context.DeadlineExceeded // not a status: gRPC answers with its code
	_, err := p.client.UnaryCall(t.Context(), &pb.SimpleRequest{})
	if status.Code(err) != codes.DeadlineExceeded && status.Code(err) != codes.Unknown {
		t.Error(err)
	}
	p.done()
	for c := codes.Canceled; c <= codes.Unauthenticated; c++ {
		p.server.Expect(hydratest.HasAttr("code", c.String()), hydratest.Level(rpclog.ServerLevel(rpclog.Code(c))), hydratest.HasKey("error"))
		p.caller.Expect(hydratest.HasAttr("code", c.String()), hydratest.Level(rpclog.ClientLevel(rpclog.Code(c))), hydratest.HasKey("error"))
	}
}

func TestHealthChecksAreLoggedOnlyWhenTheyFail(t *testing.T) {
	p := connect(t, grpclog.Options{}, &service{})
	_, err := p.health.Check(t.Context(), &healthpb.HealthCheckRequest{})
	p.must(err)
	if _, err := p.health.Check(t.Context(), &healthpb.HealthCheckRequest{Service: "unknown"}); err == nil {
		t.Error("an unknown service is healthy")
	}
	p.done()
	p.server.ExpectCount(1)
	p.server.Expect(hydratest.HasAttr("code", "NotFound"))
}

func TestASlowCallIsAWarningAndASampledOneIsLeftOut(t *testing.T) {
	for slow, want := range map[time.Duration]int{time.Nanosecond: 1, 0: 0} {
		p := connect(t, grpclog.Options{Slow: slow, Sample: map[string]float64{unary: 0}}, &service{})
		_, err := p.client.UnaryCall(t.Context(), &pb.SimpleRequest{})
		p.must(err)
		p.done()
		p.server.ExpectCount(want, hydratest.HasMessage(unary), hydratest.HasAttr("slow", true), hydratest.Level(hydra.LevelWarning))
		p.server.ExpectCount(want, hydratest.HasMessage(unary))
	}
}

func TestAPanicIsLoggedWithItsStackAndAnsweredWhereAsked(t *testing.T) {
	p := connect(t, grpclog.Options{Recover: true}, &service{unary: func(context.Context) error { panic("boom") }})
	if _, err := p.client.UnaryCall(t.Context(), &pb.SimpleRequest{}); status.Code(err) != codes.Internal || strings.Contains(err.Error(), "boom") {
		t.Error(err)
	}
	p.done()
	r := p.server.Expect(hydratest.HasMessage(unary), hydratest.Level(hydra.LevelError), hydratest.HasAttr("panic", "boom"), hydratest.HasAttr("code", "Internal"))
	if stack, _ := r.Attrs["stack"].(string); !strings.Contains(stack, "server_test.go") {
		t.Errorf("stack %q", stack)
	}
}

func TestAPanicGoesOnUnlessAskedOtherwise(t *testing.T) {
	log, rec := hydratest.New(t)
	logs, err := grpclog.New(grpclog.Options{Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if got := recover(); got != "boom" {
			t.Errorf("recovered %v", got)
		}
		_ = log.Flush(t.Context())
		rec.Expect(hydratest.HasAttr("panic", "boom"))
	}()
	_, _ = logs.UnaryServer()(t.Context(), nil, &grpc.UnaryServerInfo{FullMethod: unary}, func(context.Context, any) (any, error) { panic("boom") })
}

func TestACancelledStreamIsLoggedOnBothSides(t *testing.T) {
	s := &service{open: make(chan struct{})}
	p := connect(t, grpclog.Options{}, s)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := p.client.FullDuplexCall(ctx); err != nil {
		t.Fatal(err)
	}
	<-s.open
	cancel() // and the stream is not read any more
	p.done()
	p.server.Expect(hydratest.HasMessage(duplex), hydratest.HasAttr("code", "Canceled"), hydratest.Level(hydra.LevelInfo))
	p.caller.Expect(hydratest.HasMessage(duplex), hydratest.HasAttr("code", "Canceled"), hydratest.Level(hydra.LevelDebug))
}

func TestABadIDIsReplacedReportedAndNotPassedOn(t *testing.T) {
	var seen metadata.MD
	p := connect(t, grpclog.Options{Headers: []string{"user-agent"}}, &service{unary: func(ctx context.Context) error {
		seen, _ = metadata.FromIncomingContext(ctx)
		rpclog.SetAttrs(ctx, hydra.Fields(map[string]any{"user": "u1"})...)
		return nil
	}})
	raw, err := grpc.NewClient(p.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	p.must(err)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "a b")
	_, err = pb.NewTestServiceClient(raw).UnaryCall(ctx, &pb.SimpleRequest{})
	p.must(err)
	_ = raw.Close()
	p.done()
	if seen.Get("x-request-id") != nil {
		t.Errorf("the handler sees %v", seen)
	}
	p.server.Expect(hydratest.HasMessage(unary), hydratest.HasAttr(correlation.RejectedKey, `"a b"`), hydratest.HasAttr("user", "u1"), hydratest.HasKey("request_headers.user-agent"))
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for _, o := range []grpclog.Options{{Headers: []string{"authorization"}}, {Sample: map[string]float64{unary: 2}}, {Slow: -1}} {
		if _, err := grpclog.New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func TestAStreamThatCannotBeOpenedIsLogged(t *testing.T) {
	log, rec := hydratest.New(t)
	calls, err := grpclog.New(grpclog.Options{Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient("passthrough:///127.0.0.1:1", grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithChainStreamInterceptor(calls.StreamClient()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if s, err := pb.NewTestServiceClient(conn).FullDuplexCall(t.Context()); err == nil {
		_, _ = s.Recv()
	}
	_ = log.Flush(t.Context())
	rec.Expect(hydratest.HasMessage(duplex), hydratest.HasAttr("code", "Unavailable"), hydratest.Level(hydra.LevelWarning))
	rec.ExpectCount(1)
}
