package key

import (
	"sync"
	"time"
)

// Table holds a value for each of a bounded number of keys. Keys beyond share one value, so that
// whoever can make up keys gains nothing. It is safe for concurrent use.
type Table[V any] struct {
	shards []shard[V]
	most   int // keys of a shard
	idle   func(v *V, now time.Duration) bool
}

type shard[V any] struct {
	mu    sync.Mutex
	m     map[uint64]*V
	rest  V // of all keys for which there is no room
	swept time.Duration
	_     [64]byte // shards do not share a cache line
}

const (
	manyShards = 16
	fewKeys    = 256 // below, one shard: the bound is exact
	sweepEvery = 100 * time.Millisecond
)

// NewTable returns a Table of at most keys values, rounded up to a multiple of 16. idle reports that a value may be forgotten.
func NewTable[V any](keys int, idle func(v *V, now time.Duration) bool) *Table[V] {
	n := manyShards
	if keys < fewKeys {
		n = 1
	}
	t := &Table[V]{shards: make([]shard[V], n), most: (keys + n - 1) / n, idle: idle}
	for i := range t.shards {
		t.shards[i].m = map[uint64]*V{}
	}
	return t
}

// Lock returns the value of a key; a new one is zero. The caller owns it until it calls Unlock of the mutex.
// now is the time on a clock that does not go back.
func (t *Table[V]) Lock(sum uint64, now time.Duration) (*V, *sync.Mutex) {
	s := &t.shards[sum%uint64(len(t.shards))]
	s.mu.Lock()
	if v := s.m[sum]; v != nil {
		return v, &s.mu
	}
	if len(s.m) >= t.most && (now-s.swept >= sweepEvery || s.swept == 0) {
		t.sweep(s, now)
	}
	if len(s.m) >= t.most {
		return &s.rest, &s.mu
	}
	v := new(V)
	s.m[sum] = v
	return v, &s.mu
}

func (t *Table[V]) sweep(s *shard[V], now time.Duration) {
	s.swept = max(now, 1)
	for k, v := range s.m {
		if t.idle(v, now) {
			delete(s.m, k)
		}
	}
}

// Len is the number of keys that have a value of their own.
func (t *Table[V]) Len() int {
	n := 0
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		n += len(s.m)
		s.mu.Unlock()
	}
	return n
}
