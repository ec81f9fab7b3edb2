//go:build linux && amd64 && !race

package journal

import (
	"runtime"
	"sync/atomic"
	"testing"
)

// TestAFenceMakesPlainCommitsSeen is the litmus test "store buffering": a producer commits and then looks whether
// somebody sleeps, a reader says that it sleeps and then looks for the commit. One of them must see the other.
func TestAFenceMakesPlainCommitsSeen(t *testing.T) {
	if !canFence() {
		t.Skip("membarrier(2) does not work here: commits are atomic stores")
	}
	if runtime.GOMAXPROCS(0) < 2 {
		t.Skip("needs two processors")
	}
	const rounds = 100_000
	s := &segment{light: true}
	var word, asleep, turn, spin, seenByProducer, done padded
	go func() {
		for i := uint64(1); i <= rounds; i++ {
			for n := 0; turn.Load() != i; n++ {
				if n > 1000 {
					runtime.Gosched()
				}
			}
			s.commit(&word.plain, i)
			saw := asleep.Load()
			seenByProducer.Store(saw)
			done.Store(i)
		}
	}()
	for i := uint64(1); i <= rounds; i++ {
		turn.Store(i)
		for range i % 256 { // so that both do it at once now and then
			spin.Load()
		}
		asleep.Store(i)
		fence()
		saw := atomic.LoadUint64(&word.plain)
		for done.Load() != i {
			runtime.Gosched()
		}
		if saw != i && seenByProducer.Load() != i {
			t.Fatalf("round %d: neither saw the other", i)
		}
	}
}

// padded has a cache line for itself.
type padded struct {
	_ [128]byte
	atomic.Uint64
	plain uint64
	_     [128]byte
}
