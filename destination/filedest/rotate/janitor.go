package rotate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// ErrLocked is what TryLock returns when somebody else has the lock.
var ErrLocked = errors.New("another process holds the lock")

// Janitor compresses and removes rotated files, one after another, in a goroutine of its own.
type Janitor struct {
	o      JanitorOptions
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{}
	tidied bool // by its own goroutine
	mu     sync.Mutex
	held   map[string]bool
	err    error
}

// JanitorOptions are the settings of a janitor.
type JanitorOptions struct {
	Names    Names
	Compress Compression
	Keep     Keep
	Now      func() time.Time
	IDOf     func(*os.File) ID
	// Report is told what fails, and with nil that it works again. It must not block.
	Report func(error)
	// Point is called between the steps, by name, for tests.
	Point func(string)
}

// compressing bounds how many files the process compresses at once: at midnight many destinations want to.
var compressing = make(chan struct{}, 2)

// StartJanitor starts a janitor. A nil one has nothing to do. It looks once at what is there, and then whenever it is woken.
func StartJanitor(o JanitorOptions) *Janitor {
	j := &Janitor{o: o, done: make(chan struct{}), wake: make(chan struct{}, 1), held: map[string]bool{}}
	j.ctx, j.cancel = context.WithCancel(context.Background())
	go j.run()
	return j
}

// Wake makes the janitor look again.
func (j *Janitor) Wake() {
	if j == nil {
		return
	}
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// Hold keeps the janitor from a file, until ReleaseAll.
func (j *Janitor) Hold(path string) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.held[path] = true
}

// ReleaseAll gives back what was held.
func (j *Janitor) ReleaseAll() {
	if j == nil {
		return
	}
	j.mu.Lock()
	n := len(j.held)
	clear(j.held)
	j.mu.Unlock()
	if n > 0 {
		j.Wake()
	}
}

func (j *Janitor) holds(path string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.held[path]
}

// Err is what failed last and was not mended since.
func (j *Janitor) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// Stop ends the janitor. A file that is just compressed is left for the next start.
func (j *Janitor) Stop(ctx context.Context) error {
	j.cancel()
	select {
	case <-j.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("a rotated file is still being compressed: %w", ctx.Err())
	}
}

// The delays before the janitor tries again what failed, and how often it looks for files that became too old.
const (
	janitorRetryMin = time.Second
	janitorRetryMax = time.Minute
	janitorEvery    = time.Hour
)

func (j *Janitor) run() {
	defer close(j.done)
	retry := janitorRetryMin
	for {
		err := j.Clean(j.ctx)
		if j.ctx.Err() != nil {
			return
		}
		j.note(err)
		var again <-chan time.Time
		switch {
		case err != nil:
			again = time.After(retry)
			retry = min(2*retry, janitorRetryMax)
		case j.o.Keep.MaxAge > 0:
			again = time.After(janitorEvery)
			retry = janitorRetryMin
		default:
			retry = janitorRetryMin
		}
		select {
		case <-j.ctx.Done():
			return
		case <-j.wake:
		case <-again:
		}
	}
}

func (j *Janitor) note(err error) {
	j.mu.Lock()
	changed := (err == nil) != (j.err == nil)
	j.err = err
	j.mu.Unlock()
	if changed {
		j.o.Report(err)
	}
}

// Clean compresses what is to be compressed and removes what does not stay, once.
func (j *Janitor) Clean(ctx context.Context) error {
	var errs []error
	if j.o.Compress != None {
		errs = append(errs, j.compressAll(ctx))
	}
	if !j.tidied {
		j.tidied = true
		j.removeTemps()
	}
	errs = append(errs, j.o.Keep.apply(j.o.Names, j.o.Now(), j.holds))
	return errors.Join(errs...)
}

// compressAll goes through the files, oldest first.
func (j *Janitor) compressAll(ctx context.Context) error {
	all, err := j.o.Names.List()
	if err != nil {
		return err
	}
	gone := map[string]bool{} // by retention, so there is no use in compressing them
	for _, b := range j.o.Keep.surplus(all, j.o.Now()) {
		gone[b.Path] = true
	}
	var errs []error
	for _, b := range all {
		if b.Compressed || b.Size == 0 || gone[b.Path] || j.holds(b.Path) {
			continue
		}
		select {
		case compressing <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		err := compress(ctx, b.Path, j.o.Compress, j.o.IDOf, j.o.Point)
		<-compressing
		if err != nil {
			errs = append(errs, fmt.Errorf("compress: %w", err))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.Join(errs...)
}

// removeTemps removes what a crash left of an archive whose original is gone. One that another process writes is locked.
func (j *Janitor) removeTemps() {
	entries, err := os.ReadDir(j.o.Names.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		target, ok := strings.CutSuffix(e.Name(), tempSuffix)
		if b, ours := j.o.Names.parse(target); !ok || !ours || !b.Compressed {
			continue
		}
		plain := strings.TrimSuffix(target, filepath.Ext(target))
		if j.o.Compress != None && taken(filepath.Join(j.o.Names.dir, plain)) {
			continue // it will be written anew
		}
		if f, err := openTemp(filepath.Join(j.o.Names.dir, e.Name())); err == nil && f != nil {
			_ = os.Remove(f.Name())
			_ = f.Close()
		}
	}
}
