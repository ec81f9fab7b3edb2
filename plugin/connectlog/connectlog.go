package connectlog

import (
	"context"
	"errors"
	"net/http"
	"runtime/debug"

	"connectrpc.com/connect"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/middleware/rpclog"
)

// Options are the settings of [New].
type Options = rpclog.Options

// Interceptor is a connect.Interceptor for handlers and clients. It is safe for concurrent use.
type Interceptor struct{ m *rpclog.Middleware }

var _ connect.Interceptor = (*Interceptor)(nil)

// New returns an interceptor. Its error names the option that is wrong.
func New(o Options) (*Interceptor, error) {
	m, err := rpclog.New("connect", o)
	if err != nil {
		return nil, err
	}
	return &Interceptor{m}, nil
}

// WrapUnary implements connect.Interceptor.
func (i *Interceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		if req.Spec().IsClient {
			return i.call(ctx, req, next)
		}
		return i.serve(ctx, req, next)
	}
}

func (i *Interceptor) call(ctx context.Context, req connect.AnyRequest, next connect.UnaryFunc) (connect.AnyResponse, error) {
	clean(req.Header())
	c := i.m.Client(ctx, correlation.HTTPHeader(req.Header()), infoOf(req.Spec(), req.Peer()))
	res, err := next(c.Context(), req)
	c.End(codeOf(err), err)
	return res, err
}

func (i *Interceptor) serve(ctx context.Context, req connect.AnyRequest, next connect.UnaryFunc) (res connect.AnyResponse, err error) {
	info := infoOf(req.Spec(), req.Peer())
	info.HeaderOf = req.Header().Values
	c := i.m.Server(ctx, correlation.HTTPHeader(req.Header()), info)
	clean(req.Header())
	defer func() {
		i.end(c, recover(), &err)
		answer(res, err, c.ID())
	}()
	return next(c.Context(), req)
}

// answer puts the id into what goes back.
func answer(res connect.AnyResponse, err error, id string) {
	name := correlation.HeaderNames().Correlation
	if failed := (*connect.Error)(nil); errors.As(err, &failed) {
		failed.Meta().Set(name, id)
	} else if err == nil && res != nil {
		res.Header().Set(name, id)
	}
}

// end logs the call of a handler, which panicked unless panicked is nil.
func (i *Interceptor) end(c *rpclog.Call, panicked any, err *error) {
	switch {
	case panicked == nil:
		c.End(codeOf(*err), *err)
	case panicked == http.ErrAbortHandler:
		c.End(rpclog.Canceled, nil)
		panic(panicked)
	default:
		c.Panicked(panicked, debug.Stack())
		if !i.m.Recovers() {
			panic(panicked)
		}
		*err = connect.NewError(connect.CodeInternal, errors.New("internal error"))
	}
}

// WrapStreamingHandler implements connect.Interceptor.
func (i *Interceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) (err error) {
		info := infoOf(conn.Spec(), conn.Peer())
		info.HeaderOf = conn.RequestHeader().Values
		c := i.m.Server(ctx, correlation.HTTPHeader(conn.RequestHeader()), info)
		clean(conn.RequestHeader())
		conn.ResponseHeader().Set(correlation.HeaderNames().Correlation, c.ID())
		defer func() { i.end(c, recover(), &err) }()
		return next(c.Context(), &handlerConn{conn, c})
	}
}

// WrapStreamingClient implements connect.Interceptor. The record is written when the stream has ended: read it to its end, close
// it, or cancel its context, as Connect asks in any case.
func (i *Interceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		ids := http.Header{}
		c := i.m.Client(ctx, correlation.HTTPHeader(ids), infoOf(spec, connect.Peer{}))
		conn := next(c.Context(), spec)
		c.Peer(conn.Peer().Addr)
		for name, values := range ids {
			conn.RequestHeader()[name] = values
		}
		// A caller that neither reads nor closes has cancelled.
		stop := context.AfterFunc(ctx, func() { c.End(codeOf(ctx.Err()), ctx.Err()) })
		return &clientConn{StreamingClientConn: conn, c: c, stop: stop}
	}
}

func infoOf(spec connect.Spec, peer connect.Peer) rpclog.Info {
	kind := rpclog.TypeOf(spec.StreamType&connect.StreamTypeClient != 0, spec.StreamType&connect.StreamTypeServer != 0)
	return rpclog.Info{Method: spec.Procedure, Type: kind, Peer: peer.Addr}
}

// clean takes ids that are not valid off, so that a proxy does not forward them.
func clean(h http.Header) {
	for _, name := range correlation.ReadNames() {
		for _, v := range h.Values(name) {
			if v != "" && !correlation.Valid(v) {
				h.Del(name)
				break
			}
		}
	}
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
