package viewer

import (
	"fmt"
	"slices"
	"time"
)

// DefaultMax is how many records a story holds at most, when Options do not say.
const DefaultMax = 10_000

// Options are the settings of a story.
type Options struct {
	// Max is how many records are kept, as long as they take less than 128 MiB together; of those that come later only the
	// number. Default: [DefaultMax].
	Max int
}

// maxBytes bounds what a story keeps, whatever the files hold.
const maxBytes = 128 << 20

// Story collects what files hold of one id. It is not safe for concurrent use.
type Story struct {
	id      string
	max     int
	entries []*Entry
	same    map[string][]*seen
	last    map[string]time.Time // of each file, the time of the last entry that had one
	bytes   int                  // of the entries, about
	left    int                  // records beyond max
	again   int                  // records that another file has too
}

// seen is an entry and the files that hold it.
type seen struct {
	e     *Entry
	files []string
}

// NewStory returns an empty story of an id.
func NewStory(id string, o Options) *Story {
	if o.Max <= 0 {
		o.Max = DefaultMax
	}
	return &Story{id: id, max: o.Max, same: map[string][]*seen{}, last: map[string]time.Time{}}
}

// Add adds an entry if it is about the id. A record that another file has already, because two destinations wrote it,
// is the same record; so is one with the same record id, which was delivered again.
func (s *Story) Add(e *Entry) {
	if !e.is(s.id) {
		return
	}
	key := fmt.Sprint(e.Time.UnixMicro(), e.Level, clean(e.Message), e.Work.ID, e.Work.Phase) // text formats escape a message
	for _, other := range s.same[key] {
		if other.holds(e) {
			other.files = append(other.files, e.File)
			s.again++
			other.e.complete(e)
			return
		}
	}
	if len(s.entries) >= s.max || s.bytes > maxBytes {
		s.left++
		return
	}
	s.bytes += e.size()
	kept := *e
	if kept.at = e.Time; e.Time.IsZero() {
		kept.at = s.last[e.File]
	}
	s.last[e.File] = kept.at
	s.entries = append(s.entries, &kept)
	s.same[key] = append(s.same[key], &seen{&kept, []string{e.File}})
}

// size is about how many bytes an entry takes.
func (e *Entry) size() int {
	const fixed = 512 // the structure, the key and the place in the story
	n := fixed + 2*len(e.Message) + len(e.Error)
	for _, f := range e.Fields {
		n += 32 + len(f.Key) + len(f.Value)
	}
	return n
}

// holds reports whether an entry with the same time and text is the same record.
func (o *seen) holds(e *Entry) bool {
	if o.e.Record != "" && e.Record != "" {
		return o.e.Record == e.Record
	}
	if slices.Contains(o.files, e.File) {
		return false
	}
	if o.e.named && e.named && o.e.Service != e.Service {
		return false
	}
	a, b := o.e.Time.Nanosecond()%1000, e.Time.Nanosecond()%1000 // text has microseconds
	return a == b || a == 0 || b == 0
}

// complete takes from the same record in another file what this one does not tell.
func (e *Entry) complete(other *Entry) {
	if !e.named && other.named {
		e.Service, e.named = other.Service, true
	}
	if other.Time.Nanosecond()%1000 != 0 {
		e.Time, e.at = other.Time, other.Time
	}
	for _, p := range [][2]*string{{&e.IDs.Correlation, &other.IDs.Correlation}, {&e.IDs.Causation, &other.IDs.Causation},
		{&e.IDs.Message, &other.IDs.Message}, {&e.IDs.Trace, &other.IDs.Trace}, {&e.Layer, &other.Layer}, {&e.Error, &other.Error}} {
		if *p[0] == "" {
			*p[0] = *p[1]
		}
	}
}

// Entries returns the records in the order of time. One that does not tell its time comes after the one before it in its file, or
// at the end.
func (s *Story) Entries() []*Entry {
	slices.SortStableFunc(s.entries, func(a, b *Entry) int {
		if a.at.IsZero() != b.at.IsZero() {
			return b.at.Compare(a.at)
		}
		return a.at.Compare(b.at)
	})
	return s.entries
}

// Left is how many records there were beyond the most that a story holds.
func (s *Story) Left() int { return s.left }

// Service is the part of one service in a story.
type Service struct {
	Name        string
	Records     int
	Errors      int
	First, Last time.Time     // of its records that tell a time
	Longest     time.Duration // of its pieces of work, 0 when none has a duration
}

// Services lists the services in the order in which they come into the story.
func (s *Story) Services() []Service {
	var all []Service
	for _, e := range s.Entries() {
		i := slices.IndexFunc(all, func(x Service) bool { return x.Name == e.Service })
		if i < 0 {
			i = len(all)
			all = append(all, Service{Name: e.Service})
		}
		x := &all[i]
		x.Records++
		if x.First.IsZero() {
			x.First = e.Time
		}
		if !e.Time.IsZero() {
			x.Last = e.Time
		}
		x.Longest = max(x.Longest, e.Work.Duration)
		if e.Failed() {
			x.Errors++
		}
	}
	return all
}

// tree knows how deep in the chain of causes an entry is.
type tree struct {
	cause  map[string]string // of a message
	parent map[string]string // of an operation
	within map[string]bool   // messages that a record of the story has in hand
}

// maxIndent bounds the depth, whatever the ids say.
const maxIndent = 12

func (s *Story) tree() *tree {
	t := &tree{map[string]string{}, map[string]string{}, map[string]bool{}}
	for _, e := range s.Entries() {
		if m := e.IDs.Message; m != "" {
			t.within[m] = true
			if t.cause[m] == "" {
				t.cause[m] = e.IDs.Causation
			}
		}
		if e.Work.ID != "" && e.Work.Parent != "" {
			t.parent[e.Work.ID] = e.Work.Parent
		}
	}
	return t
}

// depth of an entry: one for each message that led to it, and one for each operation around its own.
func (t *tree) depth(e *Entry) int {
	n := 0
	message := e.IDs.Message
	if message == "" {
		message = e.IDs.Causation
	}
	for ; message != "" && n < maxIndent; message = t.cause[message] {
		n++
	}
	for op := t.parent[e.Work.ID]; op != "" && n < maxIndent; op = t.parent[op] {
		n++
	}
	return n
}

// missing lists the causes that no record of the story is about.
func (s *Story) missing(t *tree) []string {
	var all []string
	for _, e := range s.Entries() {
		if c := e.IDs.Causation; c != "" && c != s.id && !t.within[c] && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all
}

// open lists the operations that began and have no end.
func (s *Story) open() map[string]bool {
	open := map[string]bool{}
	for _, e := range s.Entries() {
		if e.Work.ID == "" {
			continue
		}
		if _, known := open[e.Work.ID]; !known {
			open[e.Work.ID] = true
		}
		if e.Work.Phase == "end" {
			open[e.Work.ID] = false
		}
	}
	return open
}
