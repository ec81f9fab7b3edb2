package hydra_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/filedest"
	"github.com/hydra-logger/hydra/internal/leak"
)

// reluctant is a file whose first Close waits.
type reluctant struct {
	*filedest.Driver
	closed  *atomic.Bool
	closing chan<- struct{}
	let     <-chan struct{}
}

func (r reluctant) Close(ctx context.Context) error {
	if !r.closed.Swap(true) {
		close(r.closing)
		<-r.let
	}
	return r.Driver.Close(ctx)
}

func TestADestinationThatComesBackWhileTheRemovedOneClosesIsMadeWhenThatHasClosed(t *testing.T) {
	leak.Check(t)
	closing, let := make(chan struct{}), make(chan struct{})
	var closed atomic.Bool
	var dir string
	reluctantType := hydra.WithType("reluctant", func(context.Context, config.ResolvedDestination) (destination.Driver, error) {
		d, err := filedest.New(filedest.Options{Path: filepath.Join(dir, "b.jsonl")})
		return reluctant{d, &closed, closing, let}, err
	})
	const with, without = reloadHead + "layers: {default: {destinations: [{type: file, path: a.jsonl}, {type: reluctant, name: b, url: 'x:1', format: json-lines}]}}\n",
		reloadHead + "layers: {default: {destinations: [{type: file, path: a.jsonl}]}}\n"
	log, dir2, write := reloadable(t, without, reluctantType)
	dir = dir2
	write(with)
	mustReload(t, log)
	log.Info(t.Context(), "m")
	write(without)
	mustReload(t, log)
	select {
	case <-closing: // nothing leads to it any more
	case <-time.After(30 * time.Second):
		t.Fatal("the destination that was removed is not closed")
	}
	write(with)
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := log.Reload(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a reload that can't wait: %v", err)
	}
	close(let)
	mustReload(t, log)
	log.Info(t.Context(), "m")
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	if lines := linesOf(t, dir, "b.jsonl", "m"); len(lines) != 2 {
		t.Errorf("%d lines of 2", len(lines))
	}
	checkBalance(t, log)
}
