package record

import (
	"runtime"
	"sync/atomic"
)

// sourceEntry is one call site, in the list of its bucket. It never changes once it is in.
type sourceEntry struct {
	pc     uintptr
	source Source
	next   *sourceEntry
}

// sources is a hash table that only grows: it holds each call site that was asked for once.
// Any goroutine reads it and pushes to it; an entry that two push at once is in it twice, which does no harm.
var sources [1024]atomic.Pointer[sourceEntry]

// SourceOf returns the place in the program of a program counter from runtime.Callers, the zero Source for 0.
// It is worked out once for each.
func SourceOf(pc uintptr) Source {
	bucket := &sources[(uint64(pc)*0x9E3779B97F4A7C15)>>54]
	first := bucket.Load()
	for s := first; s != nil; s = s.next {
		if s.pc == pc {
			return s.source
		}
	}
	s := &sourceEntry{pc: pc, next: first}
	if pc != 0 {
		f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
		s.source = Source{Function: f.Function, File: f.File, Line: f.Line}
	}
	for !bucket.CompareAndSwap(s.next, s) {
		s.next = bucket.Load()
	}
	return s.source
}
