package hydra_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// What the context adds to a call: nothing, ids, ids and attributes.
func BenchmarkContext(b *testing.B) {
	log := hydra.Must(hydra.New(quietConfig(b.TempDir())))
	defer log.Close()
	ids := correlation.Ensure(bg, "")
	for _, x := range []struct {
		name string
		ctx  context.Context
	}{{"none", bg}, {"ids", ids}, {"ids and attributes", hydra.WithAttrs(ids, slog.String("tenant", "t1"), slog.Int("shard", 3))}} {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				log.Info(x.ctx, "order processed", slog.String("order", "o1"), slog.Int("items", 3))
			}
		})
	}
}
