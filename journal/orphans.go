package journal

import (
	"fmt"
	"time"
)

// dropOrphans stops keeping the records of destinations that are gone, when their time is up or, with all, because
// the room is needed. It says whether there were any.
func (j *Journal) dropOrphans(all bool) bool {
	now := time.Now()
	j.mu.Lock()
	var gone, left []orphan
	for _, o := range j.orphans {
		if all || now.After(o.until) {
			gone = append(gone, o)
		} else {
			left = append(left, o)
		}
	}
	j.orphans = left
	used := map[destinationKey]bool{}
	for _, r := range j.readers {
		used[destinationKey{r.name, r.hash}] = true
	}
	j.mu.Unlock()
	for _, o := range gone {
		j.emit(Event{Kind: EventLost, Pos: o.acked, Text: fmt.Sprintf("the records of destination %q, which is gone or changed, are not kept any more", o.name)})
		if !used[destinationKey{o.name, o.hash}] && j.rec != nil {
			_ = j.fs.Remove(cursorPath(j.dir, o.name, o.hash)) // without it the next run has nothing to keep
		}
	}
	return len(gone) > 0
}

// untilOrphan is when the next one's time is up; 0 if there is none. The caller holds j.mu.
func (j *Journal) untilOrphan() time.Duration {
	next := time.Duration(0)
	for _, o := range j.orphans {
		if d := max(time.Until(o.until), time.Millisecond); next == 0 || d < next {
			next = d
		}
	}
	return next
}
