package riverhydra

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// The keys of the attributes that this package writes.
const (
	KindKey    = "job_kind"
	JobKey     = "job_id"
	QueueKey   = "queue"
	AttemptKey = "attempt"      // from the second on
	RetriesKey = "retries_left" // of a job that failed
)

// Middleware is for the Middleware of a river.Config. It is safe for concurrent use.
type Middleware struct {
	river.MiddlewareDefaults
	log *hydra.Logger
}

var (
	_ rivertype.JobInsertMiddleware = (*Middleware)(nil)
	_ rivertype.WorkerMiddleware    = (*Middleware)(nil)
)

// NewMiddleware returns a middleware.
//
// Jobs that are inserted get the ids of the context into their metadata, beside what is there. A worker finds them in its
// context (the message id is "job/" and the job's number), and with [hydra.FromContext] a logger made of log that names the job's
// kind, number and queue. Each attempt ends in one record with its duration: "job done" at INFO, "job snoozed" at INFO,
// "job failed, will be retried" at WARNING, or "job failed" at ERROR when no attempt is left or the job is cancelled. A panic
// counts as a failure, and goes on to river, which makes an error of it.
func NewMiddleware(log *hydra.Logger) *Middleware { return &Middleware{log: log} }

// InsertMany implements rivertype.JobInsertMiddleware.
func (m *Middleware) InsertMany(ctx context.Context, jobs []*rivertype.JobInsertParams, insert func(context.Context) ([]*rivertype.JobInsertResult, error)) ([]*rivertype.JobInsertResult, error) {
	for _, job := range jobs {
		job.Metadata = withIDs(ctx, job.Metadata)
	}
	return insert(ctx)
}

// withIDs adds the ids of ctx to metadata. What is no JSON object is river's to refuse.
func withIDs(ctx context.Context, metadata []byte) []byte {
	fields := map[string]json.RawMessage{}
	if len(metadata) > 0 && json.Unmarshal(metadata, &fields) != nil {
		return metadata
	}
	ids := correlation.Map{}
	correlation.Inject(ctx, ids)
	for name, id := range ids {
		if _, there := fields[name]; !there {
			fields[name], _ = json.Marshal(id) // text can always be
		}
	}
	if len(fields) == 0 {
		return metadata
	}
	all, err := json.Marshal(fields)
	if err != nil {
		return metadata
	}
	return all
}

// Work implements rivertype.WorkerMiddleware.
func (m *Middleware) Work(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	ctx = correlation.Extract(ctx, idsOf(job))
	own := m.log.With(slog.String(KindKey, job.Kind), slog.Int64(JobKey, job.ID), slog.String(QueueKey, job.Queue))
	ctx = hydra.NewContext(ctx, own)
	began, ended := time.Now(), false
	defer func() { // without recover, so that river sees where the panic came from
		if !ended {
			end(ctx, own, job, began, fmt.Errorf("the worker of job %q did not return: it panicked", job.Kind))
		}
	}()
	err := work(ctx)
	ended = true
	end(ctx, own, job, began, err)
	return err
}

// idsOf reads the metadata of a job, of which only text can be an id.
func idsOf(job *rivertype.JobRow) correlation.Carrier {
	fields := correlation.Table{}
	_ = json.Unmarshal(job.Metadata, &fields)
	if fields == nil { // it was null
		fields = correlation.Table{}
	}
	fields["message_id"] = "job/" + strconv.FormatInt(job.ID, 10)
	return fields
}

func end(ctx context.Context, log *hydra.Logger, job *rivertype.JobRow, began time.Time, err error) {
	level, text := outcome(job, err)
	if !log.Enabled(ctx, level) {
		return
	}
	var attrs []slog.Attr
	if job.Attempt > 1 {
		attrs = append(attrs, slog.Int(AttemptKey, job.Attempt))
	}
	if level == hydra.LevelWarning {
		attrs = append(attrs, slog.Int(RetriesKey, job.MaxAttempts-job.Attempt))
	}
	log.Log(ctx, level, text, append(attrs, slog.Duration(hydra.DurationKey, time.Since(began)), hydra.Err(err))...)
}

func outcome(job *rivertype.JobRow, err error) (slog.Level, string) {
	var snoozed *rivertype.JobSnoozeError
	var cancelled *rivertype.JobCancelError
	switch {
	case err == nil:
		return hydra.LevelInfo, "job done"
	case errors.As(err, &snoozed):
		return hydra.LevelInfo, "job snoozed"
	case errors.As(err, &cancelled), job.Attempt >= job.MaxAttempts:
		return hydra.LevelError, "job failed"
	}
	return hydra.LevelWarning, "job failed, will be retried"
}
