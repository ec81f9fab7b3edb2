package main

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination"
)

// kept is a destination that keeps its lines.
type kept struct{ bytes.Buffer }

func (k *kept) Deliver(_ context.Context, b *destination.Batch) error {
	for _, it := range b.Items {
		k.Write(b.Data[it.Start:it.End])
	}
	return nil
}

func (k *kept) Close(context.Context) error { return nil }

func TestEveryMiddlewareWritesOneRecordWithMethodPathAndStatus(t *testing.T) {
	for _, p := range middlewarePeers() {
		if p.name == noMiddleware {
			continue
		}
		out := &kept{}
		log, err := hydra.New(hydraConfig(t.TempDir(), null()), hydra.WithDestination("default", hydra.DestinationOptions{Name: "kept", Driver: out, Format: "json-lines"}))
		if err != nil {
			t.Fatal(err)
		}
		wrap, err := p.wrap(&out.Buffer, log)
		if err != nil {
			t.Fatal(err)
		}
		serveLoop(wrap(http.HandlerFunc(answer)))(0, 1)
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		line := out.String()
		if strings.Count(line, "\n") != 1 {
			t.Errorf("%s: %q", p.name, line)
		}
		for _, part := range []string{"GET", "/orders/8412", "200", "10.0.0.7", "api.example.com"} {
			if !strings.Contains(line, part) {
				t.Errorf("%s: no %s in %s", p.name, part, line)
			}
		}
	}
}
