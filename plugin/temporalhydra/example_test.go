package temporalhydra_test

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/temporalhydra"
)

func ExampleNewPropagator() {
	options := client.Options{
		Logger:             temporalhydra.NewLogger(nil), // give it your logger
		ContextPropagators: []workflow.ContextPropagator{temporalhydra.NewPropagator()},
	}
	// What a client sends along with the start of a workflow:
	h := header{}
	_ = options.ContextPropagators[0].Inject(correlation.Ensure(context.Background(), "flow-1"), h)
	for _, name := range slices.Sorted(maps.Keys(h)) {
		fmt.Printf("%s: %s\n", name, h[name].GetData())
	}
	// Output:
	// correlation_id: "flow-1"
}
