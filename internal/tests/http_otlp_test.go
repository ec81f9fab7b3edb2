package tests

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/hydra-logger/hydra/correlation"
)

// startReceiver runs the receiver of the OpenTelemetry collector in this process, in front of next.
func startReceiver(t *testing.T, next consumer.Logs) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	_ = l.Close()
	factory := otlpreceiver.NewFactory()
	conf := factory.CreateDefaultConfig().(*otlpreceiver.Config)
	conf.Protocols.GRPC = configoptional.None[configgrpc.ServerConfig]()
	conf.Protocols.HTTP.GetOrInsertDefault().ServerConfig.NetAddr.Endpoint = addr
	r, err := factory.CreateLogs(t.Context(), receivertest.NewNopSettings(factory.Type()), conf, next)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(context.Background(), componenttest.NewNopHost()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Shutdown(context.Background()) })
	return addr
}

func TestTheCollectorReceivesRecordsAsTheyAre(t *testing.T) {
	sink := new(consumertest.LogsSink)
	addr := startReceiver(t, sink)
	log := openHTTP(t, t.TempDir(), fmt.Sprintf("type: otlp, url: \"http://%s\", options: {resource: {service.name: shop, region: eu}}", addr))
	ctx := correlation.Ensure(context.Background(), "flow-1")
	at := time.Now()
	log.Layer("app").Error(ctx, "declined", slog.Int("n", -7), slog.Float64("price", 1.5), slog.Bool("paid", false), slog.Duration("took", time.Second),
		slog.Any("list", []any{1, "two", nil}), slog.Group("customer", slog.String("name", "Ä"), slog.Group("inner", slog.Uint64("u", 1<<63))),
		slog.Any("raw", []byte{0, 255}), slog.Any("err", fmt.Errorf("wrapped: %w", errors.New("inner"))))
	closeAll(t, log)
	if sink.LogRecordCount() != 1 {
		t.Fatalf("%d records", sink.LogRecordCount())
	}
	rl := sink.AllLogs()[0].ResourceLogs().At(0)
	res := rl.Resource().Attributes().AsRaw()
	if res["service.name"] != "shop" || res["region"] != "eu" || res["host.name"] == nil {
		t.Errorf("the resource is %v", res)
	}
	r := rl.ScopeLogs().At(0).LogRecords().At(0)
	if r.Body().Str() != "declined" || r.SeverityNumber() != plog.SeverityNumberError || r.SeverityText() != "ERROR" ||
		r.Timestamp().AsTime().Sub(at).Abs() > time.Minute {
		t.Errorf("%q, %v, %q, %v", r.Body().Str(), r.SeverityNumber(), r.SeverityText(), r.Timestamp())
	}
	got := r.Attributes().AsRaw()
	for key, want := range map[string]any{
		"layer": "app", "correlation_id": "flow-1", "n": int64(-7), "price": 1.5, "paid": false, "took": int64(time.Second),
		"list": []any{int64(1), "two", nil}, "customer": map[string]any{"name": "Ä", "inner": map[string]any{"u": "9223372036854775808"}},
		"raw": []byte{0, 255}, "err": "wrapped: inner", "exception.type": "*fmt.wrapError", "exception.message": "wrapped: inner",
	} {
		if fmt.Sprint(got[key]) != fmt.Sprint(want) {
			t.Errorf("%s is %#v, want %#v", key, got[key], want)
		}
	}
	if id, _ := got["log.record.uid"].(string); len(id) != 53 {
		t.Errorf("the id is %q", id)
	}
}

func TestACollectorThatIsBusyOrBrokenGetsEveryRecordInTheEnd(t *testing.T) {
	sink := new(consumertest.LogsSink)
	var calls atomic.Int32
	next, err := consumer.NewLogs(func(ctx context.Context, l plog.Logs) error {
		switch calls.Add(1) {
		case 1, 2:
			return errors.New("busy") // 503
		case 3:
			return consumererror.NewPermanent(errors.New("an exporter is broken")) // 500: it says nothing of the records
		}
		return sink.ConsumeLogs(ctx, l)
	})
	if err != nil {
		t.Fatal(err)
	}
	addr := startReceiver(t, next)
	log := openHTTP(t, t.TempDir(), fmt.Sprintf("type: otlp, url: \"http://%s\"", addr))
	logNumbers(log, 0, 1000)
	closeAll(t, log)
	balanced(t, log, 1000, 0)
	if n := sink.LogRecordCount(); n != 1000 || calls.Load() < 4 {
		t.Errorf("%d records after %d calls", n, calls.Load())
	}
}
