package rpclog

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/middleware/httplog"
)

// Options are the settings of a [Middleware]. The zero value means all defaults.
type Options struct {
	// Logger. Default: that of the call's context, else hydra.Default.
	Logger *hydra.Logger
	// Layer of the records and of the logger in the context. Default: the logger's.
	Layer string
	// Quiet are methods ("/pkg.Service/Method") that a server does not log while they succeed. nil: those of grpc.health.v1.Health;
	// an empty list: none.
	Quiet []string
	// Skip leaves out the record of a call that did not panic. Default: none.
	Skip func(ctx context.Context, method string, code Code) bool
	// Slow is the duration from which a unary call is logged at WARNING at least, with slow=true. Default: 0, none.
	Slow time.Duration
	// Sample gives, for a method, the share between 0 and 1 of calls that a server logs. Slow ones, and those whose code
	// has WARNING or above, always are. The correlation id decides, so that all services decide alike. Default: all.
	Sample map[string]float64
	// Headers are the request's headers (metadata) that a server logs. Those that carry credentials are refused. Default: none.
	Headers []string
	// Recover answers a panic of a server's handler with code Internal instead of letting it go on. Default: false.
	Recover bool
}

// Middleware logs calls. It is immutable and safe for concurrent use.
type Middleware struct {
	o      Options
	system string
}

// New returns a middleware for the calls of a system, "grpc" or "connect". Its error names the option that is wrong.
func New(system string, o Options) (*Middleware, error) {
	for _, name := range o.Headers {
		if httplog.CarriesCredentials(name) {
			return nil, fmt.Errorf("rpclog: header %q carries credentials and is never logged: take it off the list", name)
		}
	}
	for method, share := range o.Sample {
		if !(share >= 0 && share <= 1) {
			return nil, fmt.Errorf("rpclog: sample of %q is %v: want a share between 0 and 1", method, share)
		}
	}
	if o.Slow < 0 {
		return nil, fmt.Errorf("rpclog: slow %v must not be negative", o.Slow)
	}
	if o.Quiet == nil {
		o.Quiet = []string{"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"}
	}
	return &Middleware{o, system}, nil
}

// Recovers is Options.Recover.
func (m *Middleware) Recovers() bool { return m.o.Recover }

// Call is one call from its beginning to its record.
type Call struct {
	m        *Middleware
	log      *hydra.Logger
	ctx      context.Context
	began    time.Time
	info     Info
	client   bool
	in, out  atomic.Int64
	mu       sync.Mutex
	attrs    []slog.Attr
	isLogged bool
}

// Info is what is known of a call when it begins.
type Info struct {
	Method string // "/pkg.Service/Method"
	// Type is unary, client_stream, server_stream or bidi_stream.
	Type string
	Peer string // address of the other side, "" if not known
	// HeaderOf gives the values of a header of the request. Nil: none are logged.
	HeaderOf func(name string) []string
}

// TypeOf names the type of a call.
func TypeOf(clientStreams, serverStreams bool) string {
	switch {
	case clientStreams && serverStreams:
		return "bidi_stream"
	case clientStreams:
		return "client_stream"
	case serverStreams:
		return "server_stream"
	}
	return "unary"
}

type callKey struct{}

// SetAttrs adds attributes to the record of the call that a server handles with ctx. Outside of one it does nothing. It is
// safe for concurrent use.
func SetAttrs(ctx context.Context, attrs ...slog.Attr) {
	if ctx == nil {
		return
	}
	if c, _ := ctx.Value(callKey{}).(*Call); c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.attrs = append(c.attrs, attrs...)
	}
}

// Server begins a call that came in, with the ids of its carrier.
func (m *Middleware) Server(ctx context.Context, carrier correlation.Carrier, info Info) *Call {
	c := &Call{m: m, began: time.Now(), info: info}
	ctx = correlation.Extract(ctx, carrier)
	c.log = m.logger(ctx)
	c.ctx = context.WithValue(hydra.NewContext(ctx, c.log), callKey{}, c)
	return c
}

// Client begins a call that goes out. The carrier, which is written, is that of its request; a correlation id that is in it counts
// where ctx has none.
func (m *Middleware) Client(ctx context.Context, carrier correlation.Carrier, info Info) *Call {
	c := &Call{m: m, began: time.Now(), info: info, client: true}
	if correlation.ID(ctx) == "" {
		own := ""
		if n, ok := carrier.(correlation.Named); ok {
			own = carrier.Get(n.Names().Correlation)
		}
		if !correlation.Valid(own) {
			own = ""
		}
		ctx = correlation.Ensure(ctx, own)
	}
	correlation.Inject(ctx, carrier)
	c.ctx, c.log = ctx, m.logger(ctx)
	return c
}

func (m *Middleware) logger(ctx context.Context) *hydra.Logger {
	log := m.o.Logger
	if log == nil {
		log = hydra.FromContext(ctx)
	}
	if m.o.Layer != "" {
		log = log.Layer(m.o.Layer)
	}
	return log
}

// Context carries the ids of the call and, on a server, its logger.
func (c *Call) Context() context.Context { return c.ctx }

// ID is the correlation id.
func (c *Call) ID() string { return correlation.ID(c.ctx) }

// Received counts a message of a stream, Sent too.
func (c *Call) Received() { c.in.Add(1) }

// Sent counts a message of a stream that went out.
func (c *Call) Sent() { c.out.Add(1) }

// Peer sets the other side's address where it is known late.
func (c *Call) Peer(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.info.Peer = address
}

// End writes the record of a call that ended with a code. err may be nil. All calls but the first do nothing.
func (c *Call) End(code Code, err error) { c.end(code, err, "", "") }

// Panicked writes the record of a call whose handler panicked.
func (c *Call) Panicked(value any, stack []byte) {
	c.end(Internal, nil, fmt.Sprint(value), string(stack))
}

func (c *Call) end(code Code, err error, panicked, stack string) {
	took := time.Since(c.began)
	peer, extra, first := c.finish()
	if !first {
		return
	}
	o := &c.m.o
	slow := o.Slow > 0 && took >= o.Slow && c.info.Type == "unary"
	level := ServerLevel(code)
	if c.client {
		level = ClientLevel(code)
	}
	switch {
	case stack != "":
		level = hydra.LevelError
	case slow:
		level = max(level, hydra.LevelWarning)
	}
	if !c.log.Enabled(c.ctx, level) || stack == "" && c.leaveOut(code, level) {
		return
	}
	attrs := c.describe(make([]slog.Attr, 0, 20), peer, code, took, slow)
	if stack != "" {
		attrs = append(attrs, slog.String("panic", panicked), slog.String("stack", stack))
	}
	c.log.Log(c.ctx, level, c.info.Method, append(append(attrs, hydra.Err(err)), extra...)...)
}

// finish returns what [Call.Peer] and [SetAttrs] have set; first is false when the call has ended before.
func (c *Call) finish() (peer string, attrs []slog.Attr, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first, c.isLogged = !c.isLogged, true
	return c.info.Peer, slices.Clip(c.attrs), first
}

// leaveOut reports whether a call that did not panic gets no record.
func (c *Call) leaveOut(code Code, level slog.Level) bool {
	o := &c.m.o
	switch {
	case o.Skip != nil && o.Skip(c.ctx, c.info.Method, code):
		return true
	case c.client || level >= hydra.LevelWarning:
		return false
	case code == OK && slices.Contains(o.Quiet, c.info.Method):
		return true
	}
	share, sampled := o.Sample[c.info.Method]
	return sampled && !httplog.Chosen(c.ID(), share)
}

func (c *Call) describe(attrs []slog.Attr, peer string, code Code, took time.Duration, slow bool) []slog.Attr {
	attrs = append(attrs, slog.String("rpc_system", c.m.system), slog.String("rpc_method", c.info.Method), slog.String("rpc_type", c.info.Type),
		slog.String("code", code.String()), slog.Duration(hydra.DurationKey, took))
	if c.info.Type != "unary" {
		attrs = append(attrs, slog.Int64("messages_in", c.in.Load()), slog.Int64("messages_out", c.out.Load()))
	}
	if peer != "" {
		attrs = append(attrs, slog.String("peer", peer))
	}
	if at, ok := c.ctx.Deadline(); ok {
		attrs = append(attrs, slog.Time("deadline", at))
	}
	if slow {
		attrs = append(attrs, slog.Bool("slow", true))
	}
	return append(attrs, c.headers()...)
}

func (c *Call) headers() []slog.Attr {
	if c.client || c.info.HeaderOf == nil {
		return nil
	}
	var found []slog.Attr
	for _, name := range c.m.o.Headers {
		for _, v := range c.info.HeaderOf(name) {
			found = append(found, slog.String(strings.ToLower(name), v))
		}
	}
	if found == nil {
		return nil
	}
	return []slog.Attr{slog.GroupAttrs("request_headers", found...)}
}
