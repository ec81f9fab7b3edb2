package redishydra_test

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/redishydra"
)

func ExampleNewHook() {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379"})
	defer client.Close()
	client.AddHook(redishydra.NewHook(nil, redishydra.Options{})) // give it your logger
	// Output:
}

func ExampleExtract() {
	values := map[string]any{"order": "17"}
	correlation.Inject(correlation.Ensure(context.Background(), "flow-1"), correlation.Table(values))
	// client.XAdd(ctx, &redis.XAddArgs{Stream: "orders", Values: values}), and where it arrives:
	ctx := redishydra.Extract(context.Background(), redis.XMessage{ID: "1-0", Values: values})
	ids, _ := correlation.FromContext(ctx)
	fmt.Println(ids.CorrelationID, ids.MessageID)
	// Output:
	// flow-1 1-0
}
