package grpclog

import (
	"context"
	"runtime/debug"
	"strings"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/middleware/rpclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// Options are the settings of [New].
type Options = rpclog.Options

// Interceptors log calls. They are safe for concurrent use.
type Interceptors struct{ m *rpclog.Middleware }

// New returns interceptors. Its error names the option that is wrong.
func New(o Options) (*Interceptors, error) {
	m, err := rpclog.New("grpc", o)
	if err != nil {
		return nil, err
	}
	return &Interceptors{m}, nil
}

// UnaryServer is for grpc.ChainUnaryInterceptor.
func (i *Interceptors) UnaryServer() grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (res any, err error) {
		c := i.serve(ctx, info.FullMethod, rpclog.TypeOf(false, false))
		_ = grpc.SetHeader(ctx, metadata.Pairs(header, c.ID()))
		defer i.end(c, &err)
		return handler(c.Context(), req)
	}
}

// StreamServer is for grpc.ChainStreamInterceptor.
func (i *Interceptors) StreamServer() grpc.StreamServerInterceptor {
	return func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
		c := i.serve(ss.Context(), info.FullMethod, rpclog.TypeOf(info.IsClientStream, info.IsServerStream))
		_ = ss.SetHeader(metadata.Pairs(header, c.ID()))
		defer i.end(c, &err)
		return handler(srv, &serverStream{ss, c})
	}
}

var header = correlation.Metadata(nil).Names().Correlation

func (i *Interceptors) serve(ctx context.Context, method, kind string) *rpclog.Call {
	md, _ := metadata.FromIncomingContext(ctx) // a copy
	info := rpclog.Info{Method: method, Type: kind, HeaderOf: md.Get}
	if p, ok := peer.FromContext(ctx); ok {
		info.Peer = p.Addr.String()
	}
	taken := correlation.Metadata(md.Copy()) // with the ids as they came, for the report of a bad one
	if clean(md) {
		ctx = metadata.NewIncomingContext(ctx, md)
	}
	return i.m.Server(ctx, taken, info)
}

// clean takes ids that are not valid off, so that a proxy does not forward them.
func clean(md metadata.MD) bool {
	changed := false
	for _, name := range correlation.ReadNames() {
		name = strings.ToLower(name)
		for _, v := range md[name] {
			if v != "" && !correlation.Valid(v) {
				delete(md, name)
				changed = true
				break
			}
		}
	}
	return changed
}

// end logs the call. It is deferred, so that it sees a panic.
func (i *Interceptors) end(c *rpclog.Call, err *error) {
	panicked := recover()
	if panicked == nil {
		c.End(codeOf(*err), *err)
		return
	}
	c.Panicked(panicked, debug.Stack())
	if !i.m.Recovers() {
		panic(panicked)
	}
	*err = status.Error(codes.Internal, "internal error")
}

// codeOf also knows the errors of contexts, as gRPC does when it answers.
func codeOf(err error) rpclog.Code {
	if s, ok := status.FromError(err); ok {
		return rpclog.Code(s.Code())
	}
	return rpclog.Code(status.FromContextError(err).Code())
}

// serverStream has the call's context and counts messages.
type serverStream struct {
	grpc.ServerStream
	c *rpclog.Call
}

func (s *serverStream) Context() context.Context { return s.c.Context() }

func (s *serverStream) SendMsg(m any) error {
	err := s.ServerStream.SendMsg(m)
	if err == nil {
		s.c.Sent()
	}
	return err
}

func (s *serverStream) RecvMsg(m any) error {
	err := s.ServerStream.RecvMsg(m)
	if err == nil {
		s.c.Received()
	}
	return err
}
