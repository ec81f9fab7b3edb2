package journal

import (
	"math/bits"
	"sync/atomic"
	"time"
)

type counters struct {
	segments, created, recycled, unmapped atomic.Uint64
	waits, waitNs, waitMaxNs              atomic.Int64
	waitLog                               [64]atomic.Uint32 // how many waits took less than 1<<i ns, and not less than half of that
}

// waited notes how long a producer waited for a segment.
func (j *Journal) waited(d time.Duration) {
	j.count.waits.Add(1)
	j.count.waitNs.Add(int64(d))
	j.count.waitLog[bits.Len64(uint64(d))&63].Add(1)
	for {
		old := j.count.waitMaxNs.Load()
		if old >= int64(d) || j.count.waitMaxNs.CompareAndSwap(old, int64(d)) {
			return
		}
	}
}

// waitPercentile returns the time that the share p of the waits did not exceed, rounded up to a power of two.
func (c *counters) waitPercentile(p float64) time.Duration {
	rest := int64(float64(c.waits.Load()) * p)
	for i := range c.waitLog {
		rest -= int64(c.waitLog[i].Load())
		if rest < 0 {
			return min(time.Duration(1)<<i, time.Duration(c.waitMaxNs.Load()))
		}
	}
	return time.Duration(c.waitMaxNs.Load())
}

// Stats is the state of a journal.
type Stats struct {
	Dir        string
	ID         [16]byte
	Backend    Backend
	Durability Durability
	FileSystem string // its kind, as far as it is known
	Survives   bool   // false where the volume forgets its content at a restart of machine or container

	Tail     uint64 // position
	Durable  uint64 // everything before it is on the device, as far as a sync was asked for
	Segments int    // with the active one
	Bytes    int64  // of segment files and spares; of heap with BackendMemory
	Mapped   int64  // bytes that all journals of this process hold mapped
	Free     int64  // bytes free on the file system

	MappedLimit, Quota, Reserve Limit

	Full FullCause // not 0: there is no room for records now
	Err  error     // what the system said about it

	Created, Recycled, Unmapped  uint64 // segments, since Open
	Waits                        int64  // appends that waited for a segment
	WaitTotal, WaitP999, WaitMax time.Duration
	SyncRounds, SyncFailures     uint64

	Stalled time.Duration // for how long a reader has been waiting for a record that was claimed and not completed
	Orphans []Orphan
}

// Orphan is a cursor that no reader uses: its destination is gone from the configuration, or changed its type or address.
type Orphan struct {
	Name  string
	Hash  uint64
	Acked uint64    // position; what lies behind it was not delivered
	Until time.Time // its records are kept as long
}

type orphan struct {
	name  string
	hash  uint64
	acked uint64
	until time.Time
}

// Stats returns the state now. It makes one system call, for the free space.
func (j *Journal) Stats() Stats {
	st := Stats{Dir: j.dir, ID: j.id, Backend: j.backend, Durability: j.opts.Durability,
		FileSystem: j.usage.Kind, Survives: j.usage.Survives, Tail: j.Tail(), Bytes: j.used.Load(), Mapped: mapped.n.Load(),
		MappedLimit: j.mappedLim, Quota: j.quota, Reserve: j.reserve,
		Created: j.count.created.Load(), Recycled: j.count.recycled.Load(), Unmapped: j.count.unmapped.Load(),
		Waits: j.count.waits.Load(), WaitTotal: time.Duration(j.count.waitNs.Load()), WaitMax: time.Duration(j.count.waitMaxNs.Load()),
		WaitP999: j.count.waitPercentile(0.999)}
	if j.backend != BackendMemory {
		if u, err := j.fs.Usage(j.dir); err == nil {
			st.Free = u.Free
		}
	}
	j.sync.mu.Lock()
	st.Durable, st.SyncRounds, st.SyncFailures = j.sync.durable, j.sync.rounds, j.sync.failed
	j.sync.mu.Unlock()
	j.mu.Lock()
	st.Segments = len(j.segs)
	if j.full != nil {
		st.Full, st.Err = j.full.Cause, j.full.Err
	}
	for _, o := range j.orphans {
		st.Orphans = append(st.Orphans, Orphan{Name: o.name, Hash: o.hash, Acked: o.acked, Until: o.until})
	}
	readers := append([]*Reader(nil), j.readers...)
	j.mu.Unlock()
	for _, r := range readers {
		st.Stalled = max(st.Stalled, r.stalled())
	}
	return st
}
