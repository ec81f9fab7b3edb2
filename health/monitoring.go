package health

import "time"

// Monitoring is what a logger measures of itself: what a call costs, and what fills the destinations. Every
// SampleRate-th record is looked at, and counted as so many.
type Monitoring struct {
	SampleRate int `json:"sample_rate"`
	// Latency of the accept path: from the clock reading at the beginning of a call until the record is accepted.
	// Records of LogBatch are left out.
	Latency *Latency `json:"latency,omitempty"`
	// Layers and Messages by the bytes of their records in binary form, largest first. Of messages, the largest are
	// known; those that are rare may be missing.
	Layers   []Volume `json:"layers,omitempty"`
	Messages []Volume `json:"messages,omitempty"`
	// Memory of the whole process.
	Memory *Memory `json:"memory,omitempty"`
}

// Latency is a distribution. Quantiles are exact to a fifth.
type Latency struct {
	Samples uint64        `json:"samples"`
	Mean    time.Duration `json:"mean_ns"`
	P50     time.Duration `json:"p50_ns"`
	P90     time.Duration `json:"p90_ns"`
	P99     time.Duration `json:"p99_ns"`
	P999    time.Duration `json:"p999_ns"`
	Max     time.Duration `json:"max_ns"`
	Buckets []Bucket      `json:"buckets,omitempty"` // those that are not empty, ascending
}

// Bucket counts the samples above the one before and up to UpTo.
type Bucket struct {
	UpTo  time.Duration `json:"up_to_ns"`
	Count uint64        `json:"count"`
}

// Volume is what the records of a layer, or with one message, amount to.
type Volume struct {
	Layer   string `json:"layer"`
	Message string `json:"message,omitempty"` // as it is written, at most 120 bytes
	Records uint64 `json:"records"`
	Bytes   uint64 `json:"bytes"`
	// Over is the most by which Bytes is too high, because the message took the place of another one.
	Over uint64 `json:"over,omitempty"`
}

// Memory is what the Go runtime uses.
type Memory struct {
	Heap       uint64 `json:"heap_bytes"`  // live and not yet collected objects
	Total      uint64 `json:"total_bytes"` // all that the runtime has from the operating system
	Goroutines uint64 `json:"goroutines"`
}

// Processor is the state of one processor of the logger.
type Processor struct {
	Name   string `json:"name"`
	Failed uint64 `json:"failed,omitempty"` // records of which it withheld something because it failed on them
	Held   int    `json:"held,omitempty"`   // records that it holds back now
}
