// Package asynqhydra ties github.com/hibiken/asynq, a task queue on Redis, to Hydra-Logger.
//
//	client.EnqueueContext(ctx, asynqhydra.NewTask(ctx, "order:pay", payload)) // takes the ids of ctx along
//	server := asynq.NewServer(redis, asynq.Config{Logger: asynqhydra.NewLogger(log), LogLevel: asynq.DebugLevel})
//	mux.Use(asynqhydra.Middleware(log.Layer("events")))
package asynqhydra
