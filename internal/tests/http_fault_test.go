package tests

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/internal/faultproxy"
)

// networkFaults is what happens between us and a server, with what must come of it: no record is lost, and what is there twice
// was in a batch under way at the fault.
var networkFaults = map[string]faultproxy.Fault{
	"refused":                 {Refuse: true},
	"accepts and hangs":       {Hang: true},
	"black hole":              {BlackHole: true},
	"the answers are lost":    {Silent: true},
	"reset within a request":  {CutRequest: 500},
	"reset within an answer":  {CutResponse: 10},
	"half closed":             {HalfClose: true},
	"half closed in answer":   {CutResponse: 10, HalfClose: true},
	"answers end in the body": {CutResponse: 100},
	"slow":                    {Latency: 30 * time.Millisecond},
}

func TestNothingIsLostWhateverTheNetworkDoes(t *testing.T) {
	for name, fault := range networkFaults {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			store, server := startStore(t)
			proxy := faultproxy.Start(t, server.Listener.Addr().String())
			log := openHTTP(t, t.TempDir(), fmt.Sprintf("type: network_http, url: \"http://%s/in\", http_batch_size: %d, http_batch_flush_interval: 0.001, options: {compression: gzip}", proxy.Addr(), httpBatch))
			logNumbers(log, 0, httpRecords/3)
			waitFor(t, "the first records arrive", func() bool { n, _, _ := store.count(); return n >= httpBatch })
			proxy.Set(fault)
			if fault.Refuse {
				proxy.Reset()
			}
			logNumbers(log, httpRecords/3, httpRecords/3)
			if fault.Latency == 0 {
				waitFor(t, "a delivery fails", func() bool { return log.Health().Destinations[0].Retries >= 2 })
			}
			proxy.Set(faultproxy.Fault{})
			logNumbers(log, 2*httpRecords/3, httpRecords/3)
			checkArrived(t, log, store, httpRecords)
		})
	}
}

// checkArrived waits until all is delivered, and compares what the server has with what was logged.
func checkArrived(t *testing.T, log *hydra.Logger, store *recordStore, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	if err := log.Flush(ctx); err != nil {
		t.Fatalf("Flush: %v", err)
	}
	retries := log.Health().Destinations[0].Retries
	numbers, ids, duplicates := store.count()
	if numbers != want || ids != want {
		t.Errorf("%d records and %d ids have arrived, want %d", numbers, ids, want)
	}
	// net/http repeats a request that has an Idempotency-Key once more by itself, when a kept connection ends under it.
	if most := (2*int(retries) + 1) * httpBatch; duplicates > most {
		t.Errorf("%d records are there twice, after %d retries of batches of %d", duplicates, retries, httpBatch)
	}
	t.Logf("%d records, %d retries, %d duplicates", numbers, retries, duplicates)
	closeAll(t, log)
	balanced(t, log, uint64(want), 0)
}

func TestNothingIsLostWhateverTheServerAnswers(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter){
		"500": func(w http.ResponseWriter) { w.WriteHeader(500) },
		"503": func(w http.ResponseWriter) { w.WriteHeader(503) },
		"401": func(w http.ResponseWriter) { w.WriteHeader(401) },
		"404": func(w http.ResponseWriter) { w.WriteHeader(404) },
		"302": func(w http.ResponseWriter) { w.Header().Set("Location", "/elsewhere"); w.WriteHeader(302) },
		"429 with Retry-After": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(429)
		},
		"an answer that breaks off": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(200)
		},
		"a handler that panics": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			store, server := startStore(t)
			var left atomic.Int32
			left.Store(3)
			store.intercept(func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
				if left.Add(-1) < 0 {
					return false
				}
				answer(w)
				return true
			})
			log := openHTTP(t, t.TempDir(), fmt.Sprintf("type: network_http, url: %q, http_batch_size: %d, http_batch_flush_interval: 0.001", server.URL, httpBatch))
			began := time.Now()
			logNumbers(log, 0, httpRecords)
			checkArrived(t, log, store, httpRecords)
			if took := time.Since(began); strings.Contains(name, "Retry-After") && took < 3*time.Second {
				t.Errorf("Retry-After: 1 was given three times, and all was done after %v", took)
			}
		})
	}
}

func TestThePoisonInTheMiddleOfAThousandAloneIsADeadLetter(t *testing.T) {
	for _, status := range []int{400, 413, 422} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			store, server := startStore(t)
			poison := []byte(`"n":500,`)
			store.intercept(func(w http.ResponseWriter, _ *http.Request, body []byte) bool {
				if !bytes.Contains(body, poison) {
					return false
				}
				w.WriteHeader(status)
				return true
			})
			log := openHTTP(t, t.TempDir(), fmt.Sprintf("type: network_http, url: %q, http_batch_size: 1000, http_batch_flush_interval: 0.05", server.URL))
			logNumbers(log, 0, 1000)
			if err := log.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			numbers, ids, duplicates := store.count()
			if numbers != 999 || ids != 999 || duplicates != 0 || store.numbers[500] {
				t.Errorf("%d records, %d ids, %d duplicates", numbers, ids, duplicates)
			}
			closeAll(t, log)
			balanced(t, log, 999, 1)
		})
	}
}

func TestAServerThatTakesOnlySmallRequestsGetsThemAll(t *testing.T) {
	store, server := startStore(t)
	store.intercept(func(w http.ResponseWriter, _ *http.Request, body []byte) bool {
		if len(body) < 5000 {
			return false
		}
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return true
	})
	log := openHTTP(t, t.TempDir(), fmt.Sprintf("type: network_http, url: %q, http_batch_size: 1000, http_batch_flush_interval: 0.05", server.URL))
	logNumbers(log, 0, 1000)
	checkArrived(t, log, store, 1000)
}

func TestCloseWhileTheServerIsDeadReturnsInTimeAndTheNextStartDelivers(t *testing.T) {
	store, server := startStore(t)
	proxy := faultproxy.Start(t, server.Listener.Addr().String())
	dir := t.TempDir()
	description := fmt.Sprintf("type: network_http, url: \"http://%s/in\", http_batch_size: %d, http_batch_flush_interval: 0.001", proxy.Addr(), httpBatch)
	proxy.Set(faultproxy.Fault{Hang: true})
	log := openHTTP(t, dir, description)
	logNumbers(log, 0, 1000)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := log.Shutdown(ctx)
	if took := time.Since(began); took > 5*time.Second || err == nil || !strings.Contains(err.Error(), "1000") {
		t.Errorf("after %v: %v", took, err)
	}
	proxy.Set(faultproxy.Fault{})
	log = openHTTP(t, dir, description)
	waitFor(t, "the records of the first run arrive", func() bool { n, _, _ := store.count(); return n >= 1000 })
	closeAll(t, log)
	if n, ids, duplicates := store.count(); n != 1000 || ids != 1000+1 || duplicates > httpBatch { // and one that says how the last run ended
		t.Errorf("%d records, %d ids, %d duplicates", n, ids, duplicates)
	}
}
