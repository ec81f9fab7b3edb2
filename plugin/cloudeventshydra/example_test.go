package cloudeventshydra_test

import (
	"context"
	"fmt"

	"github.com/cloudevents/sdk-go/v2/client"
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/protocol/gochan"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/cloudeventshydra"
)

func ExampleNew() {
	c, err := client.New(gochan.New(),
		client.WithObservabilityService(cloudeventshydra.New(nil)), // give it your logger
		client.WithEventDefaulter(cloudeventshydra.Defaulter))
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(correlation.Ensure(context.Background(), "flow-1"))
	go func() {
		e := event.New()
		e.SetID("order-17")
		e.SetSource("shop")
		e.SetType("order.placed")
		_ = c.Send(ctx, e)
	}()
	_ = c.StartReceiver(ctx, func(ctx context.Context, e event.Event) {
		ids, _ := correlation.FromContext(ctx)
		fmt.Println(ids.CorrelationID, ids.MessageID)
		stop()
	})
	// Output:
	// flow-1 order-17
}
