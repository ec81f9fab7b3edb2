package journal

import (
	"time"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// Backend is where the bytes of a segment live while it is written.
type Backend uint8

// The backends.
const (
	BackendAuto   Backend = iota // mapped where that is safe, else written
	BackendMapped                // stores to a shared mapping of the file
	BackendWrite                 // one pwrite a record, before Append returns
	BackendMemory                // no files: a restart forgets everything
)

func (b Backend) String() string {
	return [...]string{"auto", "mapped", "write", "memory"}[b&3]
}

// Durability says what an accepted record survives.
type Durability uint8

// The levels. Waiting for the device is by call: [Journal.WaitDurable].
const (
	DurabilityProcess  Durability = iota // the end of the process, however it comes
	DurabilityInterval                   // also a loss of power, but for the last Options.Interval
	DurabilityMemory                     // nothing; with BackendMemory
)

func (d Durability) String() string {
	return [...]string{"process", "interval", "memory", ""}[d&3]
}

// WhenBusy is what Open does with a directory that another process, or this one, holds.
type WhenBusy uint8

// The ways.
const (
	BusyPrivateSubdir WhenBusy = iota // use <dir>/p-<pid>-<random>, which a later start adopts
	BusyFail                          // return ErrBusy
	BusyWait                          // wait up to Options.BusyWait, then return ErrBusy
)

// Options are the settings of a journal. The zero value is usable.
type Options struct {
	Program, Name string            // who may adopt what this journal leaves: the same program and name
	Destinations  map[string]uint64 // name to hash of type and address; kept in the file JOURNAL

	FS      vfs.FS  // Default: the operating system.
	Backend Backend // Default: BackendAuto.

	MinSegment, MaxSegment int64 // bytes. Default: 256 KiB, 16 MiB; the second is lowered to fit MappedLimit and Quota.
	// MappedLimit bounds the mapped bytes of all journals of the process; the largest that an open journal asks for counts.
	// Default: the smaller of 64 MiB and 1/8 of the memory limit of the control group.
	MappedLimit int64
	Quota       int64 // bytes of segment files. Default: the smallest of 2 GiB, 10 % of the file system, half of what is free at Open.
	Reserve     int64 // bytes that stay free on the file system. Default: the smaller of 10 % and 1 GiB.

	Durability Durability    // Default: DurabilityProcess.
	Interval   time.Duration // between syncs with DurabilityInterval. Default: 1 s.

	WhenBusy WhenBusy      // Default: BusyPrivateSubdir.
	BusyWait time.Duration // longest wait with BusyWait. Default: 0, one try.
	MaxWait  time.Duration // longest that Append waits for a segment. Default: 10 ms.

	// OnFull is asked when there is no room for another segment. It is called by the maintenance goroutine,
	// at most once a second while nothing changes, and may give up records with the readers' Drop and Shed methods.
	// Default: appends fail with ErrFull until there is room.
	OnFull func(FullEvent) FullAction
	// OnEvent is told what an operator should know. It is never called from an Append.
	OnEvent func(Event)
}

// FullCause says what is used up.
type FullCause uint8

// The causes.
const (
	FullQuota   FullCause = iota + 1 // the journal's own quota
	FullReserve                      // the part of the file system that is to stay free
	FullDisk                         // the file system or the user's share of it
	FullError                        // files can't be made; see FullEvent.Err
)

func (c FullCause) String() string {
	return [...]string{"", "quota", "reserve", "disk", "error"}[c]
}

// FullEvent is a lack of room.
type FullEvent struct {
	Cause   FullCause
	Err     error     // what the system said; nil for FullQuota and FullReserve
	Used    int64     // bytes of segment files now
	Quota   int64     // bytes
	Pinning []*Reader // readers that need the oldest segment, so that it can't go
}

// FullAction is the answer to a FullEvent.
type FullAction uint8

// The answers.
const (
	FullWait  FullAction = iota // appends fail, and AppendWait waits, until there is room
	FullRetry                   // something was given up: try again now
)

// Event is something that an operator should know.
type Event struct {
	Kind EventKind
	File string // the file it is about, "" if none
	Pos  uint64 // the position it is about, 0 if none
	Text string // one line: what, and what follows from it
	Err  error
}

// EventKind is a stable name for a kind of event.
type EventKind string

// The kinds of events.
const (
	EventCorruption EventKind = "corruption"  // records or files that can't be read; set aside where possible
	EventSyncFailed EventKind = "sync_failed" // the device lost data; affected records were written again
	EventPoisoned   EventKind = "poisoned"    // a segment's file failed under us; appends go on in another one
	EventFull       EventKind = "full"        // no room for another segment
	EventRoom       EventKind = "room"        // there is room again
	EventOrphan     EventKind = "orphan"      // a cursor whose destination is gone or changed
	EventAdopted    EventKind = "adopted"     // the journal of a dead process was taken over
	EventLost       EventKind = "lost"        // records that can't be delivered, with their number in Text
	EventUnsafe     EventKind = "unsafe"      // the volume does not hold what the level promises
	EventSetAside   EventKind = "set_aside"   // a file of another version, or one that can't be used, was moved away
	EventCleanup    EventKind = "cleanup"     // something that could not be removed
	EventRemoved    EventKind = "removed"     // the state directory was removed under the journal, which has made it again
	EventRepaired   EventKind = "repaired"    // something that a power cut, or somebody, had left out of place is in its place; nothing is lost by it
)

// ReaderOptions are the settings of a reader.
type ReaderOptions struct {
	Name string // of the destination; names the cursor
	Hash uint64 // of the destination's type and address
	// FromOldest makes a reader that has no cursor yet start at the oldest record. Default: at the first one of this run,
	// unless the cursor was lost.
	FromOldest bool
	// FromTail makes it start behind what was accepted so far: for a destination that is added while the journal is in use.
	FromTail bool
	Urgent   uint8 // a record of at least this priority ends any Wait. Default: 0, every record does.
}

const (
	defaultMaxWait  = 10 * time.Millisecond
	defaultInterval = time.Second
)

func (o *Options) setDefaults() {
	if o.FS == nil {
		o.FS = vfs.OS{}
	}
	if o.MinSegment <= 0 {
		o.MinSegment = minSegmentSize
	}
	if o.MaxSegment <= 0 {
		o.MaxSegment = maxSegmentSize
	}
	o.MinSegment = roundPage(max(o.MinSegment, 64<<10))
	o.MaxSegment = max(roundPage(o.MaxSegment), o.MinSegment)
	if o.MaxWait <= 0 {
		o.MaxWait = defaultMaxWait
	}
	if o.Interval <= 0 {
		o.Interval = defaultInterval
	}
	if o.Backend == BackendMemory {
		o.Durability = DurabilityMemory
	}
}

// roundPage rounds up to whole pages of the header's size.
func roundPage(n int64) int64 { return (n + headerPage - 1) &^ (headerPage - 1) }
