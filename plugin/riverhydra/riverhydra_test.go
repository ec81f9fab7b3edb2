//go:build !race

package riverhydra_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/plugin/riverhydra"
	"github.com/hydra-logger/hydra/record"
)

type pay struct {
	Order string `json:"order"`
}

func (pay) Kind() string { return "pay" }

// worker fails as the order says.
type worker struct {
	river.WorkerDefaults[pay]
}

func (worker) NextRetry(*river.Job[pay]) time.Time { return time.Now() }

func (worker) Work(ctx context.Context, job *river.Job[pay]) error {
	hydra.FromContext(ctx).Info(ctx, "paying "+job.Args.Order)
	switch {
	case job.Args.Order == "twice" && job.Attempt == 1, job.Args.Order == "never":
		return errors.New("declined")
	case job.Args.Order == "panics":
		panic("boom")
	case job.Args.Order == "cancelled":
		return river.JobCancel(errors.New("no such order"))
	}
	return nil
}

// queue is a client of river with a database in a file.
func queue(t *testing.T, log *hydra.Logger) (*river.Client[*sql.Tx], *sql.DB) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+t.TempDir()+"/jobs.db?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	driver := riversqlite.New(db)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, worker{})
	client, err := river.NewClient(driver, &river.Config{Logger: log.Slog(), Middleware: []rivertype.Middleware{riverhydra.NewMiddleware(log)},
		Workers: workers, Queues: map[string]river.QueueConfig{"default": {MaxWorkers: 2}}, FetchCooldown: 5 * time.Millisecond, FetchPollInterval: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return client, db
}

func TestAJobHasTheIdsOfWhoInsertedItAndARecordForEachAttempt(t *testing.T) {
	log, rec := hydratest.New(t)
	client, _ := queue(t, log)
	ctx := correlation.With(t.Context(), record.IDs{CorrelationID: "flow-1", MessageID: "click", TraceID: [16]byte{1}, SpanID: [8]byte{2}})
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	jobs := map[string]int64{}
	for _, order := range []string{"once", "twice", "never", "panics", "cancelled"} {
		job, err := client.Insert(ctx, pay{order}, &river.InsertOpts{MaxAttempts: 2, Metadata: []byte(`{"tenant":"t1"}`)})
		if err != nil {
			t.Fatal(err)
		}
		jobs[order] = job.Job.ID
	}
	ended := func() (n int) {
		for _, r := range rec.Records() {
			if r.Message == "job done" || r.Message == "job failed" {
				n++
			}
		}
		return n
	}
	for late := time.Now().Add(time.Minute); ended() < len(jobs); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("%+v", rec.Records())
		}
	}
	if err := client.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	one := func(text, order string, m ...hydratest.Matcher) hydratest.Record {
		t.Helper()
		return rec.Expect(append(m, hydratest.HasMessage(text), hydratest.HasAttr("job_id", jobs[order]), hydratest.HasCorrelationID("flow-1"))...)
	}
	done := one("job done", "once", hydratest.Level(hydra.LevelInfo), hydratest.HasAttr("job_kind", "pay"), hydratest.HasAttr("queue", "default"), hydratest.HasKey("duration"))
	if done.IDs.CausationID != "click" || done.IDs.TraceID != [16]byte{1} {
		t.Errorf("%+v", done.IDs)
	}
	one("paying once", "once")
	one("job failed, will be retried", "twice", hydratest.Level(hydra.LevelWarning), hydratest.HasAttr("retries_left", 1), hydratest.HasKey("error"))
	one("job done", "twice", hydratest.HasAttr("attempt", 2))
	one("job failed", "never", hydratest.Level(hydra.LevelError), hydratest.HasAttr("attempt", 2))
	one("job failed", "panics", hydratest.Level(hydra.LevelError))
	one("job failed", "cancelled", hydratest.Level(hydra.LevelError), hydratest.HasKey("error"))

	// River's own records pass with the job's number and the level that river gives them.
	rec.Expect(hydratest.HasMessage("jobexecutor.JobExecutor: Job errored; retrying"), hydratest.HasAttr("job_id", jobs["twice"]), hydratest.HasAttr("job_kind", "pay"))
	rec.Expect(hydratest.HasMessage("jobexecutor.JobExecutor: panic recovery; possible bug with Worker"), hydratest.Level(hydra.LevelError), hydratest.HasAttr("job_id", jobs["panics"]))
}

func TestMetadataOfTheCallerStays(t *testing.T) {
	log, _ := hydratest.New(t)
	client, db := queue(t, log)
	ctx := correlation.Ensure(t.Context(), "flow-1")
	for given, want := range map[string]string{
		"":                          `{"correlation_id":"flow-1"}`,
		`{"tenant":"t1"}`:           `{"correlation_id":"flow-1","tenant":"t1"}`,
		`{"correlation_id":"mine"}`: `{"correlation_id":"mine"}`,
	} {
		job, err := client.Insert(ctx, pay{"x"}, &river.InsertOpts{Metadata: []byte(given)})
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := db.QueryRow("SELECT json_remove(metadata, '$.\"river:unique_nonce\"') FROM river_job WHERE id = ?", job.Job.ID).Scan(&got); err != nil || got != want {
			t.Errorf("%q became %q, want %q; %v", given, got, want, err)
		}
	}
}
