package dedupe

import (
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/record"
)

// shard remembers a part of the keys.
type shard struct {
	window time.Duration
	keys   int
	bytes  int

	ready atomic.Bool // due holds something

	mu       sync.Mutex
	byKey    map[uint64]*window
	oldest   *window // windows in the order in which they began, which is that in which they end
	newest   *window
	kept     int // bytes of the windows' records
	repeated int // windows with repetitions
	due      []*window
	spare    *window // to be used again
	closed   bool
}

// window is what is known of one key since its first record.
type window struct {
	key     uint64
	began   time.Duration // since the Deduper was made
	ended   time.Duration // when its summary was taken
	older   *window
	newer   *window
	n       uint64 // repetitions
	first   int64  // times of the first and the last one, unix nanoseconds
	last    int64
	payload []byte // the first repetition, in binary form; without attributes where there was no room
}

func newShard(length time.Duration, keys, bytes int) *shard {
	return &shard{window: length, keys: keys, bytes: bytes, byKey: map[uint64]*window{}}
}

// process counts a record that repeats another one: it is not to be kept then. Where it would have to keep the record for
// the summary and has none, e being nil, nothing is done.
func (s *shard) process(sum uint64, now time.Duration, at int64, e *record.Event) (keep, done bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return true, true
	}
	w := s.byKey[sum]
	if w != nil && now-w.began >= s.window {
		s.end(w, now)
		w = nil
	}
	if w != nil && w.n == 0 && e == nil {
		return false, false
	}
	if w != nil {
		s.repeat(w, at, e)
		return false, true
	}
	if len(s.byKey) >= s.keys {
		s.end(s.oldest, now)
	}
	s.begin(sum, now)
	return true, true
}

func (s *shard) begin(sum uint64, now time.Duration) {
	w := s.spare
	if s.spare = nil; w == nil {
		w = &window{}
	}
	*w = window{key: sum, began: now, older: s.newest}
	if s.newest != nil {
		s.newest.newer = w
	} else {
		s.oldest = w
	}
	s.newest = w
	s.byKey[sum] = w
}

func (s *shard) repeat(w *window, at int64, e *record.Event) {
	if w.n == 0 {
		s.repeated++
		s.keep(w, e)
		w.first = at
	}
	w.n++
	w.last = at
}

// keep stores a record for the summary.
func (s *shard) keep(w *window, e *record.Event) {
	enc := encoders.Get().(*record.Encoder)
	defer encoders.Put(enc)
	payload := enc.EncodeEvent(e)
	if s.kept+len(payload) > s.bytes {
		bare := record.Event{Time: e.Time, Level: e.Level, Layer: e.Layer, Logger: e.Logger, Message: cut(e.Message)}
		payload = enc.EncodeEvent(&bare)
	}
	w.payload = slices.Clone(payload)
	s.kept += len(payload)
}

var encoders = sync.Pool{New: func() any { return &record.Encoder{} }}

// cut bounds what is kept of a message where there is no room for records.
func cut(s string) string {
	const most = 200
	if len(s) > most {
		return s[:most]
	}
	return s
}

// end forgets a window; when there were repetitions, its summary is due.
func (s *shard) end(w *window, now time.Duration) {
	s.unlink(w)
	delete(s.byKey, w.key)
	if w.n > 0 {
		s.tell(w, now)
	} else {
		s.spare = w
	}
}

// tell makes a summary due.
func (s *shard) tell(w *window, now time.Duration) {
	s.kept -= len(w.payload)
	s.repeated--
	w.ended = now
	s.due = append(s.due, w)
	s.ready.Store(true)
}

func (s *shard) unlink(w *window) {
	if w.older != nil {
		w.older.newer = w.newer
	} else {
		s.oldest = w.newer
	}
	if w.newer != nil {
		w.newer.older = w.older
	} else {
		s.newest = w.older
	}
	w.older, w.newer = nil, nil
}

// take returns the windows whose summaries are due, and when the next one will be, below 0 when none waits.
func (s *shard) take(now time.Duration, when processor.Occasion) (due []*window, next time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.oldest != nil && now-s.oldest.began >= s.window {
		s.end(s.oldest, now)
	}
	if (when == processor.Flushed || when == processor.Closing) && s.repeated > 0 {
		s.tellAll(now)
	}
	if when == processor.Closing {
		s.closed = true
		s.byKey, s.oldest, s.newest = map[uint64]*window{}, nil, nil
	}
	due, s.due = s.due, nil
	s.ready.Store(false)
	if s.repeated == 0 {
		return due, -1
	}
	w := s.oldest
	for w.n == 0 {
		w = w.newer
	}
	return due, w.began + s.window
}

// tellAll makes the summaries of all repetitions due, and lets the windows go on.
func (s *shard) tellAll(now time.Duration) {
	for w := s.oldest; w != nil; w = w.newer {
		if w.n == 0 {
			continue
		}
		told := *w
		s.tell(&told, now)
		w.n, w.payload = 0, nil
	}
}

// summary makes the record that stands for the repetitions.
func (w *window) summary(ev *record.Event, length time.Duration) bool {
	var v record.View
	if v.Decode(w.payload) != nil || ev.Set(&v) != nil {
		return false // EncodeEvent made it: it always decodes
	}
	spent := min(w.ended-w.began, length)
	ev.Time = time.Now().UnixNano()
	ev.Message = fmt.Sprintf("%s (repeated %s times in %s)", ev.Message, grouped(w.n), seconds(spent))
	ev.Attrs = append(ev.Attrs, slog.Uint64(CountKey, w.n), stamp(FirstKey, w.first), stamp(LastKey, w.last))
	return true
}

func stamp(key string, unixNano int64) slog.Attr {
	if unixNano == record.NoTime {
		return slog.Attr{Key: key}
	}
	return slog.Time(key, time.Unix(0, unixNano).UTC())
}

// seconds writes a time as people do in this place: "60 s", "1.5 s".
func seconds(d time.Duration) string {
	if d >= 10*time.Second {
		return fmt.Sprintf("%d s", d.Round(time.Second)/time.Second)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// grouped writes a number with a comma between thousands.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
