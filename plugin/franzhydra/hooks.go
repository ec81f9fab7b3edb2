package franzhydra

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// The keys of the attributes that this package writes, named as the client names them.
const (
	TopicKey     = "topic"
	PartitionKey = "partition"
	BrokerKey    = "broker"
	AddrKey      = "addr"
	ThrottleKey  = "throttle"
)

// Hooks are hooks for a client: see [NewHooks].
type Hooks struct{ log *hydra.Logger }

var (
	_ kgo.HookProduceRecordBuffered   = (*Hooks)(nil)
	_ kgo.HookProduceRecordUnbuffered = (*Hooks)(nil)
	_ kgo.HookFetchRecordBuffered     = (*Hooks)(nil)
	_ kgo.HookBrokerConnect           = (*Hooks)(nil)
	_ kgo.HookBrokerThrottle          = (*Hooks)(nil)
	_ kgo.HookGroupManageError        = (*Hooks)(nil)
)

// NewHooks returns hooks for kgo.WithHooks.
//
// A record that is produced gets the headers correlation_id, causation_id and traceparent from its Context, or that of the call of Produce; a header
// that it has already stays. A record that is fetched has a Context with its ids, for handlers to log with and to produce with; its
// message id is the header message_id, or else topic/partition/offset.
//
// To log go: a record that was not delivered (ERROR, with the record's ids), an error that ends a group session (ERROR), a connection that
// could not be made (WARNING), and throttling by a broker (WARNING). With a nil log only the ids are cared for.
func NewHooks(log *hydra.Logger) *Hooks { return &Hooks{log: log} }

// OnProduceRecordBuffered implements kgo.HookProduceRecordBuffered.
func (h *Hooks) OnProduceRecordBuffered(r *kgo.Record) {
	if _, some := correlation.FromContext(r.Context); some {
		Inject(r.Context, r)
	}
}

// OnProduceRecordUnbuffered implements kgo.HookProduceRecordUnbuffered.
func (h *Hooks) OnProduceRecordUnbuffered(r *kgo.Record, err error) {
	if err != nil {
		h.log.Error(r.Context, "record not delivered", slog.String(TopicKey, r.Topic), slog.Int(PartitionKey, int(r.Partition)), hydra.Err(err))
	}
}

// OnFetchRecordBuffered implements kgo.HookFetchRecordBuffered.
func (h *Hooks) OnFetchRecordBuffered(r *kgo.Record) {
	ctx := r.Context
	if ctx == nil {
		ctx = context.Background()
	}
	r.Context = Extract(ctx, r)
}

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (h *Hooks) OnBrokerConnect(meta kgo.BrokerMetadata, took time.Duration, _ net.Conn, err error) {
	if err != nil {
		addr := net.JoinHostPort(meta.Host, strconv.Itoa(int(meta.Port)))
		h.log.Warn(context.Background(), "broker can't be reached", slog.String(BrokerKey, broker(meta)), slog.String(AddrKey, addr),
			slog.Duration(hydra.DurationKey, took), hydra.Err(err))
	}
}

// OnBrokerThrottle implements kgo.HookBrokerThrottle.
func (h *Hooks) OnBrokerThrottle(meta kgo.BrokerMetadata, d time.Duration, _ bool) {
	h.log.Warn(context.Background(), "broker throttles", slog.String(BrokerKey, broker(meta)), slog.Duration(ThrottleKey, d))
}

// OnGroupManageError implements kgo.HookGroupManageError.
func (h *Hooks) OnGroupManageError(err error) {
	h.log.Error(context.Background(), "group session ended", hydra.Err(err))
}

// broker is the node's number, by the client's own name for the first ones, which have none yet.
func broker(meta kgo.BrokerMetadata) string { return kgo.NodeName(meta.NodeID) }

// Inject writes the ids of ctx into the headers of r, but for those that are there. The hooks do it for what is produced.
func Inject(ctx context.Context, r *kgo.Record) {
	own := len(r.Headers)
	r.Headers = slices.Clip(r.Headers) // records may share what their headers are a part of
	correlation.Inject(ctx, correlation.Pairs(headers(r), func(name string, value []byte) {
		if !slices.ContainsFunc(r.Headers[:own], func(h kgo.RecordHeader) bool { return h.Key == name }) {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: name, Value: value})
		}
	}))
}

// Extract returns a context with the ids of a record that came in. The hooks do it for what is fetched.
func Extract(ctx context.Context, r *kgo.Record) context.Context {
	return correlation.Extract(ctx, fetched{correlation.Pairs(headers(r), nil), r})
}

func headers(r *kgo.Record) func(yield func(string, []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for _, h := range r.Headers {
			if !yield(h.Key, h.Value) {
				return
			}
		}
	}
}

// fetched carries the ids of a record that may have no id but its place.
type fetched struct {
	correlation.Carrier
	r *kgo.Record
}

// Get returns the record's place for a message id that is not there.
func (f fetched) Get(name string) string {
	v := f.Carrier.Get(name)
	if v != "" || name != "message_id" {
		return v
	}
	place := f.r.Topic + "/" + strconv.Itoa(int(f.r.Partition)) + "/" + strconv.FormatInt(f.r.Offset, 10)
	if !correlation.Valid(place) {
		return "" // a topic with too long a name
	}
	return place
}
