package franzhydra_test

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/franzhydra"
)

func ExampleNewHooks() {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"))
	if err != nil {
		panic(err)
	}
	defer cluster.Close()
	client, err := kgo.NewClient(
		kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("orders"),
		kgo.WithLogger(franzhydra.NewLogger(nil)), // give both your logger
		kgo.WithHooks(franzhydra.NewHooks(nil)),
	)
	if err != nil {
		panic(err)
	}
	defer client.Close()

	ctx := correlation.Ensure(context.Background(), "flow-1")
	client.ProduceSync(ctx, &kgo.Record{Topic: "orders", Value: []byte("{}")})
	client.PollRecords(ctx, 1).EachRecord(func(r *kgo.Record) {
		ids, _ := correlation.FromContext(r.Context) // log with r.Context, produce with it
		fmt.Println(ids.CorrelationID, ids.MessageID)
	})
	// Output:
	// flow-1 orders/0/0
}
