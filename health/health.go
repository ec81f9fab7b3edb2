// Package health holds the types in which a logger reports on itself. They
// encode to JSON; healthhttp serves them.
package health

import "time"

// Status is the summary of a report.
type Status string

const (
	Healthy   Status = "healthy"   // every promise holds
	Degraded  Status = "degraded"  // records are kept, but something needs an eye
	Unhealthy Status = "unhealthy" // records are being lost, or could be
)

// Code is a stable name for a reason; programs may switch on it.
type Code string

// The codes in use. A code never changes its meaning.
const (
	CodeNoStateDir          Code = "no_state_directory"     // accepted records do not survive the process
	CodeDestinationDown     Code = "destination_down"       // deliveries fail and are retried
	CodeDestinationBlocked  Code = "destination_blocked"    // a delivery has not returned for a long time
	CodeDestinationChanged  Code = "destination_changed"    // records of an earlier configuration wait for a decision
	CodeDropped             Code = "records_dropped"        // a policy dropped records
	CodeJournalFull         Code = "journal_full"           // the quota or the disk is exhausted
	CodeJournalQuota        Code = "journal_quota"          // 50, 80 or 95 % of the quota is in use
	CodeJournalCorrupt      Code = "journal_corrupt"        // damaged ranges were set aside
	CodeJournalVolatile     Code = "journal_volatile"       // its volume does not survive a restart
	CodeJournalRemoved      Code = "journal_removed"        // the state directory was removed under the logger, which has made it again
	CodeJournalSync         Code = "journal_sync_failed"    // a sync failed; durability is degraded
	CodeJournalStalled      Code = "claim_stalled"          // a writer thread is stopped by the operating system
	CodeUnknownLayer        Code = "unknown_layer"          // records named a layer that is not configured
	CodeConfigInvalid       Code = "configuration_invalid"  // the fallback configuration runs, or that of before a reload
	CodeDestinationTroubled Code = "destination_troubled"   // records arrive, but a file can't be rotated, compressed or removed
	CodeDestinationInsecure Code = "destination_insecure"   // a certificate is not verified
	CodeSharedFile          Code = "file_has_other_writers" // exactly-once does not hold for this file
	CodeClosed              Code = "closed"                 // the logger is closed
	CodeConfigWarning       Code = "configuration_warning"  // the configuration says something that may not be meant
	CodeProcessorFailed     Code = "processor_failed"       // a processor panicked or failed
	CodeDeadLetters         Code = "dead_letters"           // records that a destination did not take are kept
	CodeFallback            Code = "fallback_in_use"        // a destination is down, and its records go to another one
)

// Reason is one fact behind a status: a stable code, what it concerns, and words for people.
type Reason struct {
	Code    Code   `json:"code"`
	Status  Status `json:"status"`
	Subject string `json:"subject,omitempty"` // the destination or layer it is about
	Text    string `json:"text"`
}

// Report is a logger's account of itself at one moment.
type Report struct {
	Status       Status        `json:"status"`
	Reasons      []Reason      `json:"reasons,omitempty"`
	Name         string        `json:"name"`
	Time         time.Time     `json:"time"`
	Accepting    bool          `json:"accepting"` // log calls are still accepted
	Mode         string        `json:"mode"`      // async or sync
	Layers       []Layer       `json:"layers"`
	Destinations []Destination `json:"destinations"`
	Journal      Journal       `json:"journal"`
	Processors   []Processor   `json:"processors,omitempty"` // of the logger, in order
	Monitoring   *Monitoring   `json:"monitoring,omitempty"` // where the configuration asks for it
	// AfterClose counts log calls made after Close.
	AfterClose uint64 `json:"after_close"`
	// UnknownLayers counts records by the layer name that was not configured.
	UnknownLayers map[string]uint64 `json:"unknown_layers,omitempty"`
}

// Layer is the state of one layer.
type Layer struct {
	Name  string `json:"name"`
	Level string `json:"level"`
	// Until is set when a temporary level ends by itself.
	Until *time.Time `json:"until,omitempty"`
}

// Counts is a number of records by level name.
type Counts map[string]uint64

// Total is the sum over all levels.
func (c Counts) Total() uint64 {
	var n uint64
	for _, v := range c {
		n += v
	}
	return n
}

// Ledger is the exact account of one destination for this run:
// Submitted + Adopted = Delivered + Dropped + DeadLettered + Pending.
type Ledger struct {
	Submitted    Counts            `json:"submitted"`             // calls that passed the level check and are routed here
	Adopted      Counts            `json:"adopted,omitempty"`     // left by an earlier run
	Delivered    uint64            `json:"delivered"`             // acknowledged by the destination
	Dropped      map[string]Counts `json:"dropped,omitempty"`     // by reason, then level
	DeadLettered uint64            `json:"dead_lettered"`         // rejected for good, kept in the dead-letter file
	Pending      uint64            `json:"pending"`               // counted between cursor and tail, never by subtraction
	Redelivered  uint64            `json:"redelivered,omitempty"` // sent again after a crash; outside the equation
	Fallback     uint64            `json:"fallback,omitempty"`    // among the delivered: taken by the fallback destination while this one was down
	Guests       uint64            `json:"guests,omitempty"`      // delivered here for destinations whose fallback this is; outside the equation
}

// DroppedTotal is the number of dropped records over all reasons and levels.
func (l Ledger) DroppedTotal() uint64 {
	var n uint64
	for _, c := range l.Dropped {
		n += c.Total()
	}
	return n
}

// Difference is Submitted + Adopted - Delivered - Dropped - DeadLettered - Pending: 0 when the account balances.
func (l Ledger) Difference() int64 {
	return int64(l.Submitted.Total()+l.Adopted.Total()) -
		int64(l.Delivered+l.DroppedTotal()+l.DeadLettered+l.Pending)
}

// State is what a destination's worker is doing.
type State string

const (
	StateIdle       State = "idle"       // nothing pending
	StateDelivering State = "delivering" // moving records
	StateRetrying   State = "retrying"   // waiting after a failure
	StateBlocked    State = "blocked"    // inside a delivery that does not return
	StateClosed     State = "closed"
)

// Destination is the state of one destination.
type Destination struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Target string `json:"target,omitempty"` // file path, stdout, ...; never a credential
	// Assurance says what it means that a record counts as delivered, where that is less than that the target has it.
	Assurance string `json:"assurance,omitempty"`
	State     State  `json:"state"`
	Ledger    Ledger `json:"ledger"`

	PendingBytes int64         `json:"pending_bytes"`
	OldestAge    time.Duration `json:"oldest_age_ns"` // age of the oldest pending record, 0 if none

	Breaker     string       `json:"breaker,omitempty"`      // closed, open or half-open; empty without a worker
	NextTry     *time.Time   `json:"next_try,omitempty"`     // after a failure
	InFlight    int          `json:"in_flight"`              // batches under way
	InFlightMax int          `json:"in_flight_max"`          // of them at most, now
	DeadLetters *DeadLetters `json:"dead_letters,omitempty"` // what is kept of them, of earlier runs too

	Retries       uint64     `json:"retries"` // failed deliveries since start
	LastError     string     `json:"last_error,omitempty"`
	LastErrorTime *time.Time `json:"last_error_time,omitempty"`
	LastDelivery  *time.Time `json:"last_delivery,omitempty"`
}

// DeadLetters is what is kept of the records that a destination did not take.
type DeadLetters struct {
	Records uint64     `json:"records"`
	Bytes   int64      `json:"bytes"`
	Oldest  *time.Time `json:"oldest,omitempty"`  // when the oldest was given up
	Evicted uint64     `json:"evicted,omitempty"` // removed since start, because of the limits
}

// Limit is a bound with the reason for its value.
type Limit struct {
	Bytes  int64  `json:"bytes"`
	Source string `json:"source"` // "set", "2 GiB default", "10 % of the file system", "1/8 of the cgroup's memory limit", ...
}

// Journal is the state of the journal.
type Journal struct {
	Dir              string `json:"dir,omitempty"`
	ID               string `json:"id,omitempty"`
	Backend          string `json:"backend"`                      // mapped, write, memory or none
	Durability       string `json:"durability"`                   // memory, process, interval, commit
	Survives         string `json:"survives"`                     // in words: what an accepted record survives
	DoesNotSurvive   string `json:"does_not_survive,omitempty"`   // in words
	Bytes            int64  `json:"bytes"`                        // files of this journal
	Segments         int    `json:"segments"`                     // files of this journal
	Mapped           int64  `json:"mapped_bytes"`                 // mapped now
	FreeDisk         int64  `json:"free_disk_bytes"`              // on its file system
	Quota            Limit  `json:"quota"`                        //
	Reserve          Limit  `json:"reserve"`                      // free space that is never taken
	MappedLimit      Limit  `json:"mapped_limit"`                 //
	Created          uint64 `json:"segments_created"`             // since Open, as new files
	Recycled         uint64 `json:"segments_recycled"`            // since Open, from acknowledged ones
	Waits            Waits  `json:"waits"`                        // of calls for a segment
	Corruptions      uint64 `json:"corruptions,omitempty"`        // damaged ranges set aside
	LostToCorruption uint64 `json:"lost_to_corruption,omitempty"` // records they cost, by missing ordinals
	Pinned           string `json:"pinned_by,omitempty"`          // the destination that holds the oldest segment
}

// Waits tells how long calls had to wait for a segment of the journal. Most never do.
type Waits struct {
	Count int64 `json:"count"`
	Total int64 `json:"total_ns"`
	P999  int64 `json:"p999_ns"` // of the waits, not of all calls; 0 with none; the upper bound of a power of two
	Max   int64 `json:"max_ns"`
}
