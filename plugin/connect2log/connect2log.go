package connect2log

import (
	"context"
	"errors"
	"net/http"
	"runtime/debug"

	"connectrpc.com/connect/v2"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/middleware/rpclog"
)

// Options are the settings of [New].
type Options = rpclog.Options

// Interceptors log the calls of servers and of clients. They are safe for concurrent use.
type Interceptors struct{ m *rpclog.Middleware }

// New returns interceptors. Its error names the option that is wrong.
func New(o Options) (*Interceptors, error) {
	m, err := rpclog.New("connect", o)
	if err != nil {
		return nil, err
	}
	return &Interceptors{m}, nil
}

// Server is a connect.ServerInterceptor.
func (i *Interceptors) Server(next connect.ServerFunc) connect.ServerFunc {
	return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) (err error) {
		call, ok := connect.CallInfoForServerContext(ctx)
		if !ok { // not called by a connect.Server
			call = &connect.CallInfo{}
		}
		about, ids := infoOf(spec, call), header{call.RequestHeader()}
		about.HeaderOf = ids.Values
		c := i.m.Server(ctx, ids, about)
		ids.clean()
		call.ResponseHeader().Set(correlation.HeaderNames().Correlation, c.ID())
		defer func() { i.end(c, recover(), &err) }()
		return next(c.Context(), spec, &serverStream{stream, c})
	}
}

// end logs the call of a handler, which panicked unless panicked is nil.
func (i *Interceptors) end(c *rpclog.Call, panicked any, err *error) {
	switch {
	case panicked == nil:
		c.End(answered(*err), *err)
	case panicked == http.ErrAbortHandler:
		c.End(rpclog.Canceled, nil)
		panic(panicked)
	default:
		c.Panicked(panicked, debug.Stack())
		if !i.m.Recovers() {
			panic(panicked)
		}
		*err = connect.NewError(connect.CodeInternal, "internal error")
	}
}

// Client is a connect.ClientInterceptor. The record is written when the call has ended: read a stream to its end, close it, or
// cancel its context, as Connect asks in any case.
func (i *Interceptors) Client(next connect.ClientFunc) connect.ClientFunc {
	return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
		call, ok := connect.CallInfoForClientContext(ctx)
		if !ok { // not called by a connect.Client
			ctx, call = connect.NewClientContext(ctx)
		}
		ids := header{call.RequestHeader()}
		ids.clean()
		c := i.m.Client(ctx, ids, infoOf(spec, call))
		stream, err := next(c.Context(), spec)
		if err != nil {
			c.End(codeOf(err), err)
			return nil, err
		}
		// A caller that neither reads nor closes has cancelled.
		stop := context.AfterFunc(ctx, func() { c.End(codeOf(ctx.Err()), ctx.Err()) })
		return &clientStream{ClientStream: stream, c: c, call: call, stop: stop,
			single: spec.StreamType&connect.StreamTypeServer == 0, lone: spec.StreamType&connect.StreamTypeClient == 0}, nil
	}
}

func infoOf(spec connect.Spec, call *connect.CallInfo) rpclog.Info {
	kind := rpclog.TypeOf(spec.StreamType&connect.StreamTypeClient != 0, spec.StreamType&connect.StreamTypeServer != 0)
	return rpclog.Info{Method: spec.Procedure, Type: kind, Peer: call.PeerAddr}
}

// codeOf also knows the errors of contexts, as Connect does when it answers.
func codeOf(err error) rpclog.Code {
	failed := (*connect.Error)(nil)
	switch {
	case err == nil:
		return rpclog.OK
	case errors.As(err, &failed):
		return rpclog.Code(failed.Code())
	case errors.Is(err, context.Canceled):
		return rpclog.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return rpclog.DeadlineExceeded
	}
	return rpclog.Unknown
}

// answered is the code that the caller of a handler gets: of an error that another server gave the handler, Internal.
func answered(err error) rpclog.Code {
	if failed := (*connect.Error)(nil); errors.As(err, &failed) && failed.IsRemote() {
		return rpclog.Internal
	}
	return codeOf(err)
}
