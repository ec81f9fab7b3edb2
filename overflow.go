package hydra

import (
	"log/slog"
	"maps"
	"slices"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/journal"
)

// blocks reports whether the destination's policy is to keep its records and let callers wait.
func (d *dest) blocks() bool {
	return d.cfg.Overflow == config.OverflowBlock || d.cfg.Overflow == config.OverflowBlockTimeout
}

// giveUp makes room by the destination's policy: one segment of its records. It reports whether that was possible.
func (d *dest) giveUp(r *journal.Reader) bool {
	switch d.cfg.Overflow {
	case config.OverflowDropNewest:
		return r.DropNewestSegment(d.counter(dropNewest))
	case config.OverflowShedBelow:
		if r.ShedOldestSegment(priorityOf(d.cfg.ShedBelow), d.counter(dropShed)) {
			return true
		}
		return r.DropOldestSegment(d.counter(dropOldest)) // only what is to be kept is left, and it fills the quota
	}
	return r.DropOldestSegment(d.counter(dropOldest))
}

// counter counts what a policy gives up.
func (d *dest) counter(reason string) func(priority uint8, records uint64, bytes int64) {
	return func(priority uint8, records uint64, _ int64) {
		d.drops.add(reason, bandOfPriority(priority), records)
	}
}

// noticed are the reasons of which a destination's readers are told in the destination itself.
var noticed = []string{dropFull, dropTooLarge, dropOldest, dropNewest, dropShed}

// lost is the number of records that were dropped for a reason that readers are told of.
func (d *drops) lost() uint64 {
	var n uint64
	report := d.report()
	for _, reason := range noticed {
		n += report[reason].Total()
	}
	return n
}

// attrs are the number since the last notice, and the counts since the start by reason and level.
func (d *drops) attrs(n uint64) []slog.Attr {
	report := d.report()
	var reasons []any
	for _, reason := range slices.Sorted(maps.Keys(report)) {
		var levels []any
		for _, level := range slices.Sorted(maps.Keys(report[reason])) {
			levels = append(levels, slog.Uint64(level, report[reason][level]))
		}
		reasons = append(reasons, slog.Group(reason, levels...))
	}
	return []slog.Attr{slog.Uint64("dropped", n), slog.Group("dropped_since_start", reasons...)}
}
