package grpclog_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/hydratest"
	hydragrpc "github.com/hydra-logger/hydra/plugin/grpclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/grpclog"
)

func setLogger(t *testing.T, cfg hydra.Config) (*hydra.Logger, *hydratest.Recorder) {
	t.Helper()
	log, rec := hydratest.Open(t, cfg)
	grpclog.SetLoggerV2(hydragrpc.NewLoggerV2(log, 2))
	t.Cleanup(func() { grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard)) })
	return log, rec
}

func TestWhatGRPCLogsItselfArrives(t *testing.T) {
	log, rec := setLogger(t, hydra.Config{})
	conn, err := grpc.NewClient("passthrough:///127.0.0.1:1", grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	_ = log.Flush(t.Context())
	rec.Expect(hydratest.MessageContains("Channel created"), hydratest.Level(hydra.LevelInfo))
}

func TestLevelsTextAndCallerAreKept(t *testing.T) {
	log, rec := setLogger(t, hydra.Config{AddSource: true})
	wrapped := func() { grpclog.ErrorDepth(1, "depth") }
	_, _, line, _ := runtime.Caller(0)
	grpclog.Info("a", 1, 2)
	grpclog.Warningf("n=%d", 3)
	grpclog.Errorln("x", "y")
	wrapped()
	grpclog.Component("part").Info("own")
	_ = log.Flush(t.Context())
	for i, c := range []struct {
		text  string
		level int
	}{{"a1 2", 0}, {"n=3", 4}, {"x y", 8}, {"depth", 8}, {"[part] own", 0}} {
		r := rec.Expect(hydratest.HasMessage(c.text))
		if int(r.Level) != c.level || !strings.HasSuffix(r.Source.File, "loggerv2_test.go") || int(r.Source.Line) != line+1+i {
			t.Errorf("%s: level %d at %s:%d, want %d at line %d", c.text, r.Level, r.Source.File, r.Source.Line, c.level, line+1+i)
		}
	}
	if !grpclog.V(2) || grpclog.V(3) {
		t.Error("V is not the verbosity that was asked for")
	}
}

// The exit after it is package grpclog's: the method itself must return.
func TestFatalFindsItsRecordDelivered(t *testing.T) {
	slow := &hydratest.Faulty{Remote: true}
	slow.Fail(errors.New("not yet"), 1)
	log, rec := hydratest.New(t, hydra.WithDestination("", hydra.DestinationOptions{Name: "slow", Driver: slow}))
	hydragrpc.NewLoggerV2(log, 0).Fatalf("over: %v", "x")
	if slow.Delivered() != 1 {
		t.Errorf("delivered %d when Fatalf returned", slow.Delivered())
	}
	rec.Expect(hydratest.HasMessage("over: x"), hydratest.Level(hydra.LevelCritical))
}

func TestANilLoggerWritesNothing(t *testing.T) {
	hydragrpc.NewLoggerV2(nil, 0).Error("x")
}
