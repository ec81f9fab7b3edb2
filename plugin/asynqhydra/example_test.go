package asynqhydra_test

import (
	"context"
	"fmt"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/asynqhydra"

	"github.com/hibiken/asynq"
)

func ExampleMiddleware() {
	mux := asynq.NewServeMux()
	mux.Use(asynqhydra.Middleware(hydra.Discard)) // give it your logger
	mux.HandleFunc("order:pay", func(ctx context.Context, _ *asynq.Task) error {
		fmt.Println(correlation.ID(ctx))
		return nil
	})
	// client.EnqueueContext(ctx, task), and when the server takes it:
	task := asynqhydra.NewTask(correlation.Ensure(context.Background(), "flow-1"), "order:pay", nil)
	_ = mux.ProcessTask(context.Background(), task)
	// Output:
	// flow-1
}
