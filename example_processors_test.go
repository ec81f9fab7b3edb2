package hydra_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/record"
)

// A type of processor of one's own, for configurations.
func ExampleWithExtension() {
	tenants := func(x config.ResolvedExtension) (processor.Processor, error) {
		var s struct {
			Prefix string `json:"prefix"`
		}
		if err := config.DecodeOptions(x.Settings, &s); err != nil {
			return nil, err
		}
		return processor.Func(func(_ context.Context, e *record.Event) bool {
			e.Attrs = append(e.Attrs, slog.String("tenant", s.Prefix+"acme"))
			return true
		}), nil
	}
	log, err := hydra.Parse([]byte(`
extensions:
  who: {type: tenant, enabled: true, prefix: "eu/"}
journal: {enabled: false}
layers: {default: {destinations: [{type: "null"}]}}
`), hydra.WithExtension("tenant", tenants))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer log.Close()
	log.Info(context.Background(), "ready") // … tenant=eu/acme
	fmt.Printf("%+v\n", log.Health().Processors)
	// Output: [{Name:who Failed:0 Held:0}]
}

// A flood becomes one record and a summary, and the ledger accounts for all of it.
func ExampleParse_flood() {
	log, err := hydra.Parse([]byte(`
journal: {enabled: false}
extensions:
  repeats: {type: dedupe, enabled: true}
layers:
  default: {destinations: [{name: nowhere, type: "null"}]}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 1000 {
		log.Info(context.Background(), "connection refused", slog.String("host", "db-1"))
	}
	if err := log.Close(); err != nil {
		fmt.Println(err)
	}
	l := log.Health().Destinations[0].Ledger
	fmt.Println("submitted", l.Submitted.Total(), "delivered", l.Delivered, "deduplicated", l.Dropped["deduplicated"].Total())
	// Output: submitted 1001 delivered 2 deduplicated 999
}
