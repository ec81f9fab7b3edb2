package asynqhydra

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hibiken/asynq"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// The keys of the attributes that this package writes.
const (
	TaskKey    = "task_type"
	QueueKey   = "queue"
	AttemptKey = "attempt"      // from the second on
	RetriesKey = "retries_left" // of a task that failed
)

// NewTask is asynq.NewTask with the ids of ctx in the headers of the task.
func NewTask(ctx context.Context, typename string, payload []byte, opts ...asynq.Option) *asynq.Task {
	headers := map[string]string{}
	correlation.Inject(ctx, correlation.Map(headers))
	return asynq.NewTaskWithHeaders(typename, payload, headers, opts...)
}

// Middleware returns a middleware for the Use of an asynq.ServeMux.
//
// The handler finds in its context the ids of the task (the message id is asynq's task id), and with [hydra.FromContext] a logger made of log that names
// the task's type and queue. Each attempt ends in one record with its duration: "task done" at INFO, "task failed, will be
// retried" at WARNING, or "task failed" at ERROR when asynq archives or drops it. A panic counts as a failure, and goes on to asynq, which
// makes an error of it.
func Middleware(log *hydra.Logger) asynq.MiddlewareFunc {
	return func(next asynq.Handler) asynq.Handler {
		return asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
			id, _ := asynq.GetTaskID(ctx)
			queue, _ := asynq.GetQueueName(ctx)
			ctx = correlation.Extract(ctx, taskIDs{correlation.Map(task.Headers()), id})
			own := log.With(slog.String(TaskKey, task.Type()), slog.String(QueueKey, queue))
			ctx = hydra.NewContext(ctx, own)
			began := time.Now()
			ended := false
			defer func() { // without recover, so that asynq sees where the panic came from
				if !ended {
					end(ctx, own, began, fmt.Errorf("the handler of task %q did not return: it panicked", task.Type()))
				}
			}()
			err := next.ProcessTask(ctx, task)
			ended = true
			end(ctx, own, began, err)
			return err
		})
	}
}

func end(ctx context.Context, log *hydra.Logger, began time.Time, err error) {
	retried, _ := asynq.GetRetryCount(ctx)
	most, _ := asynq.GetMaxRetry(ctx)
	level, text := hydra.LevelInfo, "task done"
	switch {
	case err == nil:
	case retried >= most, errors.Is(err, asynq.SkipRetry), errors.Is(err, asynq.RevokeTask):
		level, text = hydra.LevelError, "task failed"
	default:
		level, text = hydra.LevelWarning, "task failed, will be retried"
	}
	if !log.Enabled(ctx, level) {
		return
	}
	var attrs []slog.Attr
	if retried > 0 {
		attrs = append(attrs, slog.Int(AttemptKey, retried+1))
	}
	if level == hydra.LevelWarning {
		attrs = append(attrs, slog.Int(RetriesKey, most-retried))
	}
	log.Log(ctx, level, text, append(attrs, slog.Duration(hydra.DurationKey, time.Since(began)), hydra.Err(err))...)
}

// taskIDs carries the ids of a task, whose own id is not in its headers.
type taskIDs struct {
	correlation.Map
	id string
}

// Get returns the task's own id for a message id that is not there.
func (t taskIDs) Get(name string) string {
	v := t.Map.Get(name)
	if v == "" && name == "message_id" {
		return t.id
	}
	return v
}
