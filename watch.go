package hydra

import (
	"bytes"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// watchEvery is how often a watched configuration file is looked at. It is read, not asked for its time: a ConfigMap
// of Kubernetes changes by swapping a symbolic link, and may keep its times.
const watchEvery = time.Second

// startReloads remembers the file that an engine came from, and begins to reload it by itself where that was asked for.
func (e *engine) startReloads(path string, text []byte, o *options) {
	if path == "" || e.failure != nil {
		return
	}
	e.reloads.mu.Lock()
	defer e.reloads.mu.Unlock()
	if e.closing.Err() != nil {
		return
	}
	if e.reloads.path == "" {
		e.reloads.path = path
		if e.plan().Watch {
			e.startWatch(text)
		}
	}
	if o.onSignal && !e.reloads.onSignal {
		e.reloads.onSignal = true
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGHUP)
		e.reloads.retired.Go(func() { e.reloadOn(c) })
	}
}

// startWatch begins to look at the file, unless somebody does. It runs under the mutex of reloads.
func (e *engine) startWatch(text []byte) {
	if e.reloads.watching {
		return
	}
	e.reloads.watching = true
	e.reloads.retired.Go(func() { e.watch(text) })
}

// stopsWatching reports whether the configuration does not ask for it any more.
func (e *engine) stopsWatching() bool {
	e.reloads.mu.Lock()
	defer e.reloads.mu.Unlock()
	e.reloads.watching = e.plan().Watch
	return !e.reloads.watching
}

// reloadOn reloads at every signal, until the engine closes.
func (e *engine) reloadOn(c chan os.Signal) {
	defer signal.Stop(c)
	for {
		select {
		case <-c:
			_ = e.reload(e.closing) // it is in health and was told
		case <-e.closing.Done():
			return
		}
	}
}

// watch reloads when what the file says has changed, until the engine closes.
func (e *engine) watch(last []byte) {
	t := time.NewTicker(watchEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-e.closing.Done():
			return
		}
		if e.stopsWatching() {
			return
		}
		text, err := os.ReadFile(e.reloads.path)
		if err != nil || len(text) == 0 { // it is just being replaced
			continue
		}
		if standsAlone(text) && bytes.Equal(text, last) {
			continue // what it extends, and the environment, may have changed otherwise
		}
		last = text
		_ = e.reload(e.closing)
	}
}
