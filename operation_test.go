package hydra_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/internal/invariants"
)

func TestAnOperationLogsItsStartAndItsEndWithDurationAndError(t *testing.T) {
	log, rec := hydratest.New(t)
	ctx := hydra.NewContext(bg, log)
	charge := func(ctx context.Context) (err error) {
		ctx, op := hydra.Begin(ctx, "charge card", slog.String("order_id", "o1"))
		defer op.End(&err)
		_, inner := hydra.Begin(ctx, "ask bank")
		inner.End(nil)
		inner.End(nil)
		return errors.New("declined")
	}
	_ = charge(ctx)
	mustFlush(t, log)
	start := rec.Expect(hydratest.HasMessage("charge card"), hydratest.Level(hydra.LevelDebug), hydratest.HasAttr("phase", "start"), hydratest.HasAttr("order_id", "o1"))
	id := start.Attrs["operation_id"]
	end := rec.Expect(hydratest.HasMessage("charge card"), hydratest.Level(hydra.LevelError), hydratest.HasAttr("phase", "end"), hydratest.HasAttr("operation_id", id))
	if end.IDs.CorrelationID == "" || end.IDs != start.IDs || end.Attrs["duration"] == nil || end.Attrs["error"] == nil {
		t.Errorf("%+v %v", end.IDs, end.Attrs)
	}
	rec.Expect(hydratest.HasMessage("ask bank"), hydratest.Level(hydra.LevelInfo), hydratest.HasAttr("operation_parent_id", id))
	if n := len(rec.Records()); n != 4 {
		t.Errorf("%d records, want 4", n)
	}
}

func TestAPanicEndsAnOperationAndGoesOn(t *testing.T) {
	log, rec := hydratest.New(t)
	func() {
		defer func() {
			if p := recover(); p != "boom" {
				t.Errorf("recovered %v", p)
			}
		}()
		_, op := hydra.Begin(hydra.NewContext(bg, log), "fails")
		defer op.End(nil)
		panic("boom")
	}()
	mustFlush(t, log)
	rec.Expect(hydratest.HasMessage("fails"), hydratest.Level(hydra.LevelError))
}

func TestAttributesOfAContextAreOnEveryRecordMadeWithIt(t *testing.T) {
	log, rec := hydratest.New(t)
	ctx := hydra.WithAttrs(hydra.WithAttrs(bg, slog.String("tenant", "t1")), slog.Int("shard", 3))
	ctx = correlation.Ensure(ctx, "flow")
	log.WithGroup("g").Info(ctx, "call", slog.Int("n", 1))
	log.Slog().InfoContext(ctx, "slog")
	log.LogBatch(bg, []hydra.Record{{Context: ctx, Message: "batch"}, {Message: "none"}})
	mustFlush(t, log)
	for _, msg := range []string{"call", "slog", "batch"} {
		rec.Expect(hydratest.HasMessage(msg), hydratest.HasCorrelationID("flow"), hydratest.HasAttr("tenant", "t1"), hydratest.HasAttr("shard", 3))
	}
	rec.Expect(hydratest.HasMessage("call"), hydratest.HasAttr("g.n", 1))
	if r := rec.Expect(hydratest.HasMessage("none")); len(r.Attrs) != 0 {
		t.Errorf("attributes of the record before: %v", r.Attrs)
	}
}

func TestAttributesOfAContextCostNoAllocation(t *testing.T) {
	if invariants.Enabled {
		t.Skip("the race detector and the invariant checks allocate")
	}
	log := hydra.Must(hydra.New(quietConfig(t.TempDir())))
	defer log.Close()
	ctx := hydra.WithAttrs(correlation.Ensure(bg, ""), slog.String("tenant", "t1"), slog.Duration("d", time.Second))
	if n := testing.AllocsPerRun(500, func() { log.Info(ctx, "m", slog.Int("n", 1)) }); n >= 1 {
		t.Errorf("%v allocations", n)
	}
}

func ExampleBegin() {
	charge := func(ctx context.Context, order string) (err error) {
		ctx, op := hydra.Begin(ctx, "charge card", slog.String("order_id", order))
		defer op.End(&err)
		hydra.FromContext(ctx).Info(ctx, "asking the bank") // has the same correlation id as start and end
		return errors.New("declined")
	}
	fmt.Println(charge(hydra.NewContext(context.Background(), hydra.Discard), "o1"))
	// Output: declined
}
