package journal

import "errors"

// setLimits computes what was not set, from the control group and the file system.
func (j *Journal) setLimits() {
	o := &j.opts
	j.mappedLim = mappedLimit(o)
	mapped.raise(j.mappedLim.Bytes)
	j.shelfMax = shelfLimit(j.mappedLim.Bytes)
	if j.backend == BackendMemory {
		j.quota = Limit{j.mappedLim.Bytes, "as much as is mapped with files"}
	} else {
		u, err := j.fs.Usage(j.dir)
		if err != nil {
			j.quota, j.reserve = Limit{defaultQuota / 8, "the file system does not say its size"}, Limit{0, "the file system does not say its size"}
		} else {
			j.usage = u
			j.quota, j.reserve = quotaOf(u.Total, u.Free+j.used.Load()), reserveOf(u.Total)
		}
	}
	if o.Quota > 0 {
		j.quota = Limit{o.Quota, "set"}
	}
	if o.Reserve > 0 {
		j.reserve = Limit{o.Reserve, "set"}
	}
	j.minSize = max(min(o.MinSegment, j.quota.Bytes/8)&^(headerPage-1), smallestSegment)
	j.maxSize = max(min(o.MaxSegment, largestSegment, j.mappedLim.Bytes/4, j.quota.Bytes/8)&^(headerPage-1), j.minSize)
	j.maxRecord = uint64(min(max(j.quota.Bytes/4, j.minSize/4), 1<<30))
	j.nextSize = j.minSize
}

// largestSegment holds less than half as many records as can be numbered in a segment.
const largestSegment = recordHeader << (ordinalBits - 1)

// smallestSegment is what the smallest quota is cut into.
const smallestSegment = 64 << 10

func quotaOf(total, free int64) Limit {
	q := Limit{defaultQuota, "default"}
	if n := total / 10; n < q.Bytes {
		q = Limit{n, "10 % of the file system"}
	}
	if n := free / 2; n < q.Bytes {
		q = Limit{n, "half of what was free at open"}
	}
	q.Bytes = max(q.Bytes, 8*smallestSegment)
	return q
}

func reserveOf(total int64) Limit {
	if n := total / 10; n < defaultReserve {
		return Limit{n, "10 % of the file system"}
	}
	return Limit{defaultReserve, "default"}
}

// firstSegment makes the first segment of this run. Where there is no room for it, the journal starts
// full, and goes on by itself as soon as there is.
func (j *Journal) firstSegment() error {
	b, err := j.makeBacking(j.minSize)
	if causeOf(err) == FullDisk {
		j.mu.Lock()
		j.install(j.endedSegment())
		j.mu.Unlock()
		return nil
	}
	if err != nil {
		return err
	}
	j.count.created.Add(1)
	s, err := j.stamp(b, j.lastEnd, 0)
	if err != nil {
		return errors.Join(err, j.discard(b))
	}
	j.mu.Lock()
	j.install(s)
	j.mu.Unlock()
	return nil
}

// endedSegment is an active segment that has ended already and holds nothing.
func (j *Journal) endedSegment() *segment {
	s := &segment{j: j, base: j.lastEnd - headerPage, size: headerPage, limit: headerPage, maxRecord: j.maxRecord, backing: &backing{}}
	s.tail.Store((headerPage + 1) << ordinalBits)
	s.ended.Store(headerPage)
	s.cold.Store(true)
	s.complete.Store(true)
	return s
}
