package enrich_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/processor/enrich"
	"github.com/hydra-logger/hydra/record"
)

func TestAnUnknownGroupIsAnError(t *testing.T) {
	if _, err := enrich.New(enrich.Options{Include: []string{"hots"}}); err == nil || !strings.Contains(err.Error(), enrich.Host) {
		t.Errorf("%v", err)
	}
}

func TestThisProcessIsDescribed(t *testing.T) {
	e, err := enrich.New(enrich.Options{})
	if err != nil {
		t.Fatal(err)
	}
	attrs, only := e.Bind()
	got := map[string]string{}
	for _, a := range attrs {
		got[a.Key] = a.Value.String()
	}
	host, _ := os.Hostname()
	if !only || got["host.name"] != host || got["process.pid"] != fmt.Sprint(os.Getpid()) || got["service.name"] == "" {
		t.Errorf("%v", got)
	}
}

func TestFunctionsAddWhatTheContextKnows(t *testing.T) {
	type tenant struct{}
	e, err := enrich.New(enrich.Options{Include: []string{enrich.Host}, Funcs: []enrich.Func{
		func(ctx context.Context, attrs []slog.Attr) []slog.Attr {
			if v, ok := ctx.Value(tenant{}).(string); ok {
				attrs = append(attrs, slog.String("tenant", v))
			}
			return attrs
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, only := e.Bind(); only {
		t.Error("its functions are not called")
	}
	ev := &record.Event{Attrs: []slog.Attr{slog.Int("n", 1)}}
	e.Process(context.WithValue(context.Background(), tenant{}, "acme"), ev)
	if fmt.Sprint(ev.Attrs) != "[n=1 tenant=acme]" {
		t.Errorf("%v", ev.Attrs)
	}
}

func ExampleNew() {
	e, err := enrich.New(enrich.Options{
		Include: []string{enrich.Service, enrich.Version, enrich.Environment},
		Service: "payments", Version: "v2.1.0", Environment: "staging",
		Keys: map[string]string{"deployment.environment.name": "env"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	attrs, _ := e.Bind()
	fmt.Println(attrs)
	// Output: [service.name=payments service.version=v2.1.0 env=staging]
}
