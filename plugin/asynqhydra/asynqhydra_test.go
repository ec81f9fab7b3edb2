package asynqhydra_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/plugin/asynqhydra"
	"github.com/hydra-logger/hydra/record"
)

const patience = 30 * time.Second

// start runs a real redis-server.
func start(t *testing.T) asynq.RedisClientOpt {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed (Debian: redis-server)")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	_ = l.Close()
	cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--loglevel", "warning")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for late := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			_ = conn.Close()
			return asynq.RedisClientOpt{Addr: "127.0.0.1:" + port}
		}
		if time.Now().After(late) {
			t.Fatal("redis-server does not start")
		}
	}
}

// serve runs a real server of asynq.
func serve(t *testing.T, r asynq.RedisClientOpt, log *hydra.Logger, mux *asynq.ServeMux) {
	t.Helper()
	mux.Use(asynqhydra.Middleware(log.Layer("events")))
	s := asynq.NewServer(r, asynq.Config{
		Logger: asynqhydra.NewLogger(log), LogLevel: asynq.DebugLevel, ShutdownTimeout: patience, TaskCheckInterval: 200 * time.Millisecond, DelayedTaskCheckInterval: 100 * time.Millisecond,
		RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return time.Millisecond },
	})
	if err := s.Start(mux); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
}

func TestIDsGoThroughTwoTasksAndEachNamesItsCause(t *testing.T) {
	log, rec := hydratest.New(t)
	r := start(t)
	client := asynq.NewClient(r)
	defer client.Close()
	mux := asynq.NewServeMux()
	mux.HandleFunc("pay", func(ctx context.Context, task *asynq.Task) error {
		hydra.FromContext(ctx).Info(ctx, "paying")
		_, err := client.EnqueueContext(ctx, asynqhydra.NewTask(ctx, "ship", nil), asynq.TaskID("t2"))
		return err
	})
	mux.HandleFunc("ship", func(context.Context, *asynq.Task) error { return nil })
	serve(t, r, log, mux)
	ctx := correlation.With(context.Background(), record.IDs{CorrelationID: "flow", MessageID: "click", TraceID: [16]byte{1}, SpanID: [8]byte{2}})
	if _, err := client.EnqueueContext(ctx, asynqhydra.NewTask(ctx, "pay", nil), asynq.TaskID("t1")); err != nil {
		t.Fatal(err)
	}
	second := rec.Await(patience, hydratest.HasMessage("task done"), hydratest.HasAttr("task_type", "ship"), hydratest.HasCorrelationID("flow"), hydratest.Layer("events")).IDs
	if second.CausationID != "t1" || second.MessageID != "t2" || second.TraceID != [16]byte{1} {
		t.Errorf("second: %+v", second)
	}
	for _, m := range []string{"paying", "task done"} {
		first := rec.Await(patience, hydratest.HasMessage(m), hydratest.HasAttr("task_type", "pay"), hydratest.HasAttr("queue", "default"), hydratest.HasCorrelationID("flow")).IDs
		if first.CausationID != "click" || first.MessageID != "t1" {
			t.Errorf("%s: %+v", m, first)
		}
	}
	rec.Expect(hydratest.Level(hydra.LevelInfo), hydratest.MessageContains("Starting processing")) // asynq's own
}

func TestFailuresSayWhetherTheTaskIsRetried(t *testing.T) {
	log, rec := hydratest.New(t)
	r := start(t)
	client := asynq.NewClient(r)
	defer client.Close()
	mux := asynq.NewServeMux()
	mux.HandleFunc("pay", func(context.Context, *asynq.Task) error { return errors.New("no funds") })
	mux.HandleFunc("skip", func(context.Context, *asynq.Task) error { return asynq.SkipRetry })
	mux.HandleFunc("boom", func(context.Context, *asynq.Task) error { panic("boom") })
	serve(t, r, log, mux)
	for _, name := range []string{"pay", "skip", "boom"} {
		most := map[string]int{"pay": 1}[name]
		if _, err := client.Enqueue(asynqhydra.NewTask(correlation.Ensure(context.Background(), "flow-"+name), name, nil), asynq.MaxRetry(most)); err != nil {
			t.Fatal(err)
		}
	}
	rec.Await(patience, hydratest.HasMessage("task failed, will be retried"), hydratest.Level(hydra.LevelWarning), hydratest.HasAttr("task_type", "pay"), hydratest.HasAttr("retries_left", 1),
		hydratest.HasAttr(hydra.ErrorKey, "no funds"), hydratest.HasCorrelationID("flow-pay"))
	rec.Await(patience, hydratest.HasMessage("task failed"), hydratest.Level(hydra.LevelError), hydratest.HasAttr("task_type", "pay"), hydratest.HasAttr("attempt", 2), hydratest.HasCorrelationID("flow-pay"))
	rec.Await(patience, hydratest.HasMessage("task failed"), hydratest.Level(hydra.LevelError), hydratest.HasAttr("task_type", "skip"))
	rec.Await(patience, hydratest.HasMessage("task failed"), hydratest.Level(hydra.LevelError), hydratest.HasAttr("task_type", "boom"), hydratest.HasKey(hydra.ErrorKey))
}

func TestLevelsOfTheLoggerArriveAndFatalIsDelivered(t *testing.T) {
	slow := &hydratest.Faulty{Remote: true}
	slow.Fail(nil, 1)
	log, rec := hydratest.New(t, hydra.WithDestination("", hydra.DestinationOptions{Name: "slow", Driver: slow}))
	l := asynqhydra.NewLogger(log)
	l.Debug("d ", 1)
	l.Info("i")
	l.Warn("w")
	l.Error("e\n")
	l.Fatal("f")
	if slow.Delivered() != 5 {
		t.Errorf("%d records were delivered when Fatal returned", slow.Delivered())
	}
	for m, level := range map[string]slog.Level{"d 1": hydra.LevelDebug, "i": hydra.LevelInfo, "w": hydra.LevelWarning, "e": hydra.LevelError, "f": hydra.LevelCritical} {
		rec.Expect(hydratest.HasMessage(m), hydratest.Level(level))
	}
	asynqhydra.NewLogger(nil).Fatal("nowhere")
}
