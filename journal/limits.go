package journal

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Limits of a journal, and where they came from.
const (
	defaultMapped  = 64 << 20
	defaultQuota   = 2 << 30
	defaultReserve = 1 << 30
)

// mappedBytes is the memory that all journals of the process hold for segments with files.
type mappedBytes struct{ n, limit atomic.Int64 }

// mapped is one for the process, because the limit is.
var mapped mappedBytes

func (m *mappedBytes) add(n int64) { m.n.Add(n) }

// raise makes the limit at least n.
func (m *mappedBytes) raise(n int64) {
	for {
		old := m.limit.Load()
		if old >= n || m.limit.CompareAndSwap(old, n) {
			return
		}
	}
}

// room is how much may still be mapped.
func (m *mappedBytes) room() int64 { return m.limit.Load() - m.n.Load() }

// Limit is a number of bytes and where it came from.
type Limit struct {
	Bytes  int64
	Source string
}

func mappedLimit(o *Options) Limit {
	if o.MappedLimit > 0 {
		return Limit{o.MappedLimit, "set"}
	}
	if cg := groupMemory(); cg > 0 && cg/8 < defaultMapped {
		return Limit{max(cg/8, 1<<20), "1/8 of the control group's memory"}
	}
	return Limit{defaultMapped, "default"}
}

// shelfLimit bounds the files that are kept to be used again: an eighth of the memory there is, since their
// pages stay in the system's cache.
func shelfLimit(mapped int64) int64 {
	memory := groupMemory()
	if m := physicalMemory(); memory == 0 || m > 0 && m < memory {
		memory = m
	}
	return max(memory/8, mapped)
}

// groupMemory is read once: it costs more than all the rest of an Open.
var groupMemory = sync.OnceValue(cgroupMemory)

// cgroupMemory is the memory limit of the process's control group, 0 if there is none.
func cgroupMemory() int64 {
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	lowest := int64(0)
	for line := range strings.Lines(string(data)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		var file string
		switch {
		case parts[0] == "0" && parts[1] == "":
			file = "/sys/fs/cgroup" + parts[2] + "/memory.max"
		case strings.Contains(","+parts[1]+",", ",memory,"):
			file = "/sys/fs/cgroup/memory" + parts[2] + "/memory.limit_in_bytes"
		default:
			continue
		}
		if n := readLimit(file); n > 0 && (lowest == 0 || n < lowest) {
			lowest = n
		}
	}
	return lowest
}

func readLimit(file string) int64 {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64)
	if err != nil || n > 1<<50 { // "max", or v1's way to say none
		return 0
	}
	return n
}
