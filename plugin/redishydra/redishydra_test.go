package redishydra_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/plugin/redishydra"
	"github.com/hydra-logger/hydra/record"
)

const patience = 20 * time.Second

// start runs a real redis-server and returns a client that log sees.
func start(t *testing.T, log *hydra.Logger, o redishydra.Options) *redis.Client {
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
			break
		}
		if time.Now().After(late) {
			t.Fatal("redis-server does not start")
		}
	}
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port})
	t.Cleanup(func() { _ = c.Close() })
	c.AddHook(redishydra.NewHook(log, o))
	return c
}

func TestCommandsAreLoggedWithTheirOutcomeAndNoArguments(t *testing.T) {
	log, rec := hydratest.New(t)
	c := start(t, log, redishydra.Options{})
	ctx := correlation.Ensure(context.Background(), "flow")
	if err := c.Set(ctx, "k-s3cret", "v-s3cret", 0).Err(); err != nil {
		t.Fatal(err)
	}
	rec.Expect(hydratest.HasMessage("redis command"), hydratest.Level(hydra.LevelDebug), hydratest.HasAttr("command", "set"), hydratest.HasKey("duration"),
		hydratest.HasCorrelationID("flow"), hydratest.Not(hydratest.HasKey(hydra.ErrorKey)))
	if err := c.Get(ctx, "absent-s3cret").Err(); !errors.Is(err, redis.Nil) {
		t.Fatal(err)
	}
	rec.Expect(hydratest.HasAttr("command", "get"), hydratest.Level(hydra.LevelDebug), hydratest.Not(hydratest.HasKey(hydra.ErrorKey)))
	if err := c.Incr(ctx, "k-s3cret").Err(); err == nil {
		t.Fatal("text was counted up")
	}
	rec.Expect(hydratest.HasAttr("command", "incr"), hydratest.Level(hydra.LevelError), hydratest.HasKey(hydra.ErrorKey), hydratest.HasCorrelationID("flow"))
	if err := c.Do(ctx, "unheardof", "arg-s3cret").Err(); err == nil {
		t.Fatal("an unknown command was taken")
	}
	rec.Expect(hydratest.HasAttr("command", "unheardof"), hydratest.Level(hydra.LevelError))
	rec.ExpectNone(hydratest.Where("shows an argument", func(r hydratest.Record) bool { return strings.Contains(r.Text, "s3cret") }))
}

func TestAPipelineIsOneRecord(t *testing.T) {
	log, rec := hydratest.New(t)
	c := start(t, log, redishydra.Options{})
	ctx := context.Background()
	_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, "a", "text", 0)
		p.Get(ctx, "absent")
		p.Incr(ctx, "a")
		for range 10 {
			p.Ping(ctx)
		}
		return nil
	})
	if err == nil {
		t.Fatal("text was counted up")
	}
	rec.Expect(hydratest.HasMessage("redis pipeline"), hydratest.Level(hydra.LevelError), hydratest.HasAttr("commands", 13), hydratest.HasAttr("failed", 1),
		hydratest.HasAttr("command", "set get incr ping ping ping ping ping ping ping …"), hydratest.HasKey(hydra.ErrorKey))
}

func TestThePipelinesErrorIsWhatItWouldBeWithoutTheHook(t *testing.T) {
	log, rec := hydratest.New(t)
	c := start(t, log, redishydra.Options{})
	ctx := context.Background()
	_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Get(ctx, "absent")
		p.Ping(ctx)
		return nil
	})
	if !errors.Is(err, redis.Nil) {
		t.Errorf("an absent key: %v", err)
	}
	err = c.Watch(ctx, func(tx *redis.Tx) error {
		if err := c.Set(ctx, "k", "of another client", 0).Err(); err != nil {
			return err
		}
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "k", "v", 0).Err() })
		return err
	}, "k")
	if !errors.Is(err, redis.TxFailedErr) {
		t.Errorf("a transaction that another client was ahead of: %v", err)
	}
	for _, commands := range []string{"get ping", "multi set exec"} {
		rec.Expect(hydratest.HasAttr("command", commands), hydratest.Level(hydra.LevelDebug), hydratest.Not(hydratest.HasKey(hydra.ErrorKey)))
	}
}

func TestSlowCommandsAreWarnings(t *testing.T) {
	log, rec := hydratest.New(t)
	c := start(t, log, redishydra.Options{Slow: time.Nanosecond})
	c.Ping(context.Background())
	rec.Expect(hydratest.HasMessage("redis command"), hydratest.Level(hydra.LevelWarning), hydratest.HasAttr("command", "ping"), hydratest.HasAttr("slow", true))
}

func TestAConnectionThatCannotBeMadeIsAWarning(t *testing.T) {
	log, rec := hydratest.New(t)
	redis.SetLogger(redishydra.NewLogger(log, hydra.LevelInfo))
	defer redis.SetLogger(redishydra.NewLogger(nil, hydra.LevelInfo))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	c := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1})
	defer c.Close()
	c.AddHook(redishydra.NewHook(log, redishydra.Options{}))
	ctx := correlation.Ensure(context.Background(), "flow")
	if err := c.Ping(ctx).Err(); err == nil {
		t.Fatal("somebody answers")
	}
	rec.Expect(hydratest.HasMessage("redis: can't connect"), hydratest.Level(hydra.LevelWarning), hydratest.HasAttr("addr", addr), hydratest.HasKey(hydra.ErrorKey))
	rec.Expect(hydratest.HasAttr("command", "ping"), hydratest.Level(hydra.LevelError), hydratest.HasCorrelationID("flow"))
}

func TestWhatGoRedisSaysHasTheIDsOfItsContext(t *testing.T) {
	log, rec := hydratest.New(t)
	redishydra.NewLogger(log, hydra.LevelWarning).Printf(correlation.Ensure(context.Background(), "flow"), "pool: %d\n", 3)
	rec.Expect(hydratest.HasMessage("pool: 3"), hydratest.Level(hydra.LevelWarning), hydratest.HasCorrelationID("flow"))
}

func TestIDsGoThroughAStream(t *testing.T) {
	log, _ := hydratest.New(t)
	c := start(t, log, redishydra.Options{})
	bg := context.Background()
	values := map[string]any{"order": "17"}
	correlation.Inject(correlation.With(bg, record.IDs{CorrelationID: "flow", MessageID: "m1"}), correlation.Table(values))
	id, err := c.XAdd(bg, &redis.XAddArgs{Stream: "orders", Values: values}).Result()
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.XRange(bg, "orders", "-", "+").Result()
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	ids, _ := correlation.FromContext(redishydra.Extract(bg, got[0]))
	if ids != (record.IDs{CorrelationID: "flow", CausationID: "m1", MessageID: id}) {
		t.Errorf("%+v", ids)
	}
}
