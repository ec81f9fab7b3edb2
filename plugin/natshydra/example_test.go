package natshydra_test

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/natshydra"
)

func ExampleInject() {
	// nc, err := nats.Connect(url, natshydra.Options(log)...)
	ctx := correlation.Ensure(context.Background(), "flow-1")
	msg := nats.NewMsg("orders")
	msg.Header.Set(nats.MsgIdHdr, "order-17")
	natshydra.Inject(ctx, msg)

	// In the service that handles it:
	ids, _ := correlation.FromContext(natshydra.Extract(context.Background(), msg))
	fmt.Println(ids.CorrelationID, ids.MessageID)
	// Output:
	// flow-1 order-17
}
