package grpclog

import (
	"context"
	"sync"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/middleware/rpclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// UnaryClient is for grpc.WithChainUnaryInterceptor.
func (i *Interceptors) UnaryClient() grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		ctx, c := i.call(ctx, method, rpclog.TypeOf(false, false))
		var from peer.Peer
		err := invoke(ctx, method, req, reply, cc, append(opts[:len(opts):len(opts)], grpc.Peer(&from))...)
		if from.Addr != nil {
			c.Peer(from.Addr.String())
		}
		c.End(codeOf(err), err)
		return err
	}
}

// StreamClient is for grpc.WithChainStreamInterceptor. The record is written when the stream has ended: read it to its end, or
// cancel its context, as gRPC asks in any case.
func (i *Interceptors) StreamClient() grpc.StreamClientInterceptor {
	return func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
		ctx, c := i.call(ctx, method, rpclog.TypeOf(desc.ClientStreams, desc.ServerStreams))
		s := &clientStream{c: c}
		inner, err := open(ctx, desc, cc, method, append(opts[:len(opts):len(opts)], grpc.OnFinish(s.finish))...)
		if err != nil {
			s.finish(err)
			return nil, err
		}
		s.ClientStream = inner
		return s, nil
	}
}

// call begins a call; the context is for the call, with its metadata.
func (i *Interceptors) call(ctx context.Context, method, kind string) (context.Context, *rpclog.Call) {
	md, _ := metadata.FromOutgoingContext(ctx) // a copy
	if md == nil {
		md = metadata.MD{}
	}
	clean(md)
	c := i.m.Client(ctx, correlation.Metadata(md), rpclog.Info{Method: method, Type: kind})
	return metadata.NewOutgoingContext(c.Context(), md), c
}

// clientStream counts messages. gRPC tells the end of a stream within the call that receives the last message, which is not
// counted yet: the record waits for that call to return.
type clientStream struct {
	grpc.ClientStream
	c *rpclog.Call

	mu        sync.Mutex
	receiving int
	finished  bool
	err       error
}

func (s *clientStream) finish(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.finished {
		s.finished, s.err = true, err
	}
	s.end()
}

func (s *clientStream) end() {
	if s.finished && s.receiving == 0 {
		s.c.End(codeOf(s.err), s.err)
	}
}

func (s *clientStream) SendMsg(m any) error {
	err := s.ClientStream.SendMsg(m)
	if err == nil {
		s.c.Sent()
	}
	return err
}

func (s *clientStream) RecvMsg(m any) error {
	s.mu.Lock()
	s.receiving++
	s.mu.Unlock()
	err := s.ClientStream.RecvMsg(m)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.receiving--
	if err == nil {
		s.c.Received()
	}
	s.end()
	return err
}
