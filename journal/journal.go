package journal

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// Journal is a durable queue. Its methods are safe for concurrent use.
type Journal struct {
	active atomic.Pointer[segment] // written under mu; producers load it
	wakeAt atomic.Uint32           // lowest priority that wakes somebody; nobody: 256
	_      [64]byte

	largeEnd atomic.Uint64 // position behind the last record with a segment of its own; the active segment may be the one before still

	opts    Options
	fs      vfs.FS
	backend Backend // never BackendAuto
	id      [16]byte
	dir     string
	boot    uint64
	begun   time.Time
	first   uint64 // position of this run's first record

	maxRecord uint64 // longest record with header
	minSize   int64  // of an ordinary segment
	maxSize   int64
	mappedLim Limit
	shelfMax  int64
	quota     Limit
	reserve   Limit
	usage     vfs.Usage

	mu          sync.Mutex // guards what follows; no system call is made under it
	segs        []*segment // by position; the last is active, or the mark of the closed journal follows it
	ready       *segment   // the next active one
	readers     []*Reader
	rotated     chan struct{} // closed when a segment is installed
	waiters     int           // producers that wait for a segment
	nextSize    int64
	lastInstall time.Time
	lastEnd     uint64      // where the next segment begins
	full        *FullEvent  // there is no room for another segment
	closing     bool        // appends have ended
	closed      atomic.Bool // Close was called
	readOnly    bool        // of a dead process: nothing is appended
	busy        bool        // the last segment filled within a second
	jumboWanted *jumboRequest
	expected    map[string]bool // destinations that have not made their reader yet
	events      []Event
	orphans     []orphan
	pool        []*backing // spares
	shelf       []*backing // files of spares, without memory

	wakeMu  sync.Mutex
	waiting []*waiter

	work         sync.Mutex   // held while a rotation is made; guards numbers
	life         sync.RWMutex // readers that help hold it, Close takes it
	making       atomic.Bool  // somebody makes the next segment ahead
	spares       atomic.Int64
	numbers      uint64
	fullAt       time.Time // written under work and mu
	nudged       chan struct{}
	rotateWanted chan struct{}
	wanted       atomic.Bool // something was nudged and not looked at
	stop         chan struct{}
	ended        sync.WaitGroup // the goroutines
	stopped      chan struct{}  // closed when Close is done

	count       counters
	used        atomic.Int64 // bytes of files, or of heap with BackendMemory
	pressed     atomic.Int64 // until then, in ns since begun, a reader must get on; 0: none had to
	wantDrained atomic.Bool  // maintenance wants to know when the active segment is acknowledged
	syncWaiter  waiter
	sync        syncState
	background  sync.WaitGroup
	rec         *recovered // of the directory; nil with BackendMemory
	adopted     []*Journal
	parent      *Journal // of an adopted one
}

// Open opens the journal in dir and takes over what an earlier run left there. dir is "" with BackendMemory only.
func Open(dir string, o Options) (*Journal, error) {
	o.setDefaults()
	j := &Journal{opts: o, fs: o.FS, backend: o.Backend, begun: time.Now(),
		rotated: make(chan struct{}), nudged: make(chan struct{}, 1), rotateWanted: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{})}
	j.wakeAt.Store(nobody)
	if dir == "" || o.Backend == BackendMemory {
		j.backend, j.opts.Durability = BackendMemory, DurabilityMemory
		j.id, j.lastEnd, j.first = newID(), headerPage, 2*headerPage
	} else if err := j.openDir(dir); err != nil {
		return nil, err
	}
	j.setLimits()
	if err := j.firstSegment(); err != nil {
		j.abandon()
		return nil, err
	}
	j.ended.Add(2)
	go j.maintain()
	go j.rotator()
	return j, nil
}

// ID is the journal's own id; with a position it names a record for ever.
func (j *Journal) ID() [16]byte { return j.id }

// Dir is the directory in use: the one that was opened, or a private one in it.
func (j *Journal) Dir() string { return j.dir }

// Tail is the position behind the last claim.
func (j *Journal) Tail() uint64 {
	large := j.largeEnd.Load() // before the active segment, which is one behind it soon
	s := j.active.Load()
	if s.closed() {
		return s.base
	}
	return max(large, s.base+s.claimed())
}

// First is the position of this run's first record.
func (j *Journal) First() uint64 { return j.first }

// segmentAt returns the segment that holds pos, or the first one behind it; nil if there is none.
func (j *Journal) segmentAt(pos uint64) *segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := len(j.segs) - 1; i >= 0; i-- { // mostly the last or one near it
		if j.segs[i].base <= pos {
			if pos < j.segs[i].end() {
				return j.segs[i]
			}
			if i+1 < len(j.segs) {
				return j.segs[i+1]
			}
			return nil
		}
	}
	if len(j.segs) > 0 {
		return j.segs[0]
	}
	return nil
}

// WaitDurable returns nil when everything before end is on the device.
func (j *Journal) WaitDurable(ctx context.Context, end uint64) error { return j.waitDurable(ctx, end) }

// Sync returns nil when everything that was accepted before the call is on the device.
func (j *Journal) Sync(ctx context.Context) error { return j.waitDurable(ctx, j.Tail()) }
