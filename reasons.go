package hydra

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/journal"
)

// journalEvents counts what the journal reported, by kind, with the last text of each.
type journalEvents struct {
	mu    sync.Mutex
	kinds map[journal.EventKind]*journalEvent
}

type journalEvent struct {
	n    uint64
	text string
}

func (k *journalEvents) add(ev journal.Event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kinds == nil {
		k.kinds = map[journal.EventKind]*journalEvent{}
	}
	e := k.kinds[ev.Kind]
	if e == nil {
		e = &journalEvent{}
		k.kinds[ev.Kind] = e
	}
	e.n++
	e.text = ev.Text
	if ev.Err != nil {
		e.text += ": " + ev.Err.Error()
	}
}

func (k *journalEvents) last(kind journal.EventKind) (n uint64, text string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e := k.kinds[kind]; e != nil {
		return e.n, e.text
	}
	return 0, ""
}

// reasons says what is not as it should be, worst first.
func (e *engine) reasons(r *health.Report, dests []*dest) []health.Reason {
	var out []health.Reason
	add := func(code health.Code, status health.Status, subject, text string, args ...any) {
		out = append(out, health.Reason{Code: code, Status: status, Subject: subject, Text: fmt.Sprintf(text, args...)})
	}
	if e.failure != nil {
		add(health.CodeConfigInvalid, health.Unhealthy, "", "the configuration can't be used; JSON lines go to standard error: %v", e.failure)
	}
	if err := e.reloads.err.Load(); err != nil {
		add(health.CodeConfigInvalid, health.Degraded, "", "the configuration file was changed and can't be used; the one before stays in force: %v", *err)
	}
	if !r.Accepting {
		add(health.CodeClosed, health.Unhealthy, "", "the logger is closed: log calls are counted and not written")
	}
	for i := range r.Destinations {
		out = append(out, e.destReasons(dests[i], &r.Destinations[i])...)
	}
	out = append(out, e.journalReasons(r)...)
	for name, n := range r.UnknownLayers {
		add(health.CodeUnknownLayer, health.Degraded, name, "layer %q is not configured; layer %q takes its records, %d so far", name, e.fallback().name, n)
	}
	out = append(out, e.processorReasons()...)
	for _, w := range e.allWarnings() {
		add(health.CodeConfigWarning, health.Healthy, "", "%s", w)
	}
	rank := map[health.Status]int{health.Unhealthy: 0, health.Degraded: 1, health.Healthy: 2}
	slices.SortStableFunc(out, func(a, b health.Reason) int { return rank[a.Status] - rank[b.Status] })
	return out
}

// recentDrop is how long drops keep a logger unhealthy; later they are a matter of record.
const recentDrop = time.Minute

func (e *engine) destReasons(d *dest, r *health.Destination) []health.Reason {
	var out []health.Reason
	add := func(code health.Code, status health.Status, text string, args ...any) {
		out = append(out, health.Reason{Code: code, Status: status, Subject: r.Name, Text: fmt.Sprintf(text, args...)})
	}
	switch r.State {
	case health.StateRetrying:
		add(health.CodeDestinationDown, health.Degraded, "deliveries fail: %s; %d records wait", r.LastError, r.Ledger.Pending)
	case health.StateBlocked:
		add(health.CodeDestinationBlocked, health.Degraded, "a delivery has not returned; %d records wait", r.Ledger.Pending)
	}
	out = append(out, d.deliveryReasons(r)...)
	if n := e.lostOf(&r.Ledger); n > 0 {
		status := health.Degraded
		if d.droppedLately(n) {
			status = health.Unhealthy
		}
		add(health.CodeDropped, status, "%d dropped: %s", n, e.droppedText(&r.Ledger))
	}
	if t, ok := d.driver.(destination.Troubled); ok && t.Trouble() != nil {
		add(health.CodeDestinationTroubled, health.Degraded, "%v", t.Trouble())
	}
	if w, ok := d.driver.(destination.Warner); ok {
		for _, text := range w.Warnings() {
			add(health.CodeDestinationInsecure, health.Degraded, "%s", text)
		}
	}
	if s, ok := d.driver.(destination.Sharer); ok && s.OtherWriters() {
		add(health.CodeSharedFile, health.Healthy, "others write this file too: after a crash a record may be in it twice")
	}
	return out
}

// droppedText lists what lostOf counts: "gave_up 1 ERROR, 20 INFO; write_failed 3 INFO".
func (e *engine) droppedText(l *health.Ledger) string {
	chosen := e.wires.Load().chosen
	var reasons []string
	for _, reason := range slices.Sorted(maps.Keys(l.Dropped)) {
		if chosen[reason] {
			continue
		}
		var counts []string
		for _, level := range slices.Sorted(maps.Keys(l.Dropped[reason])) {
			counts = append(counts, fmt.Sprintf("%d %s", l.Dropped[reason][level], level))
		}
		reasons = append(reasons, reason+" "+strings.Join(counts, ", "))
	}
	return strings.Join(reasons, "; ")
}

// lostOf is the number of dropped records but for those that a processor was to drop.
func (e *engine) lostOf(l *health.Ledger) uint64 {
	n, chosen := l.DroppedTotal(), e.wires.Load().chosen
	for reason, counts := range l.Dropped {
		if chosen[reason] {
			n -= counts.Total()
		}
	}
	return n
}

// droppedLately reports whether the number of drops has grown in the last minute.
func (d *dest) droppedLately(n uint64) bool {
	d.noticeMu.Lock()
	defer d.noticeMu.Unlock()
	if n > d.dropsSeen {
		d.dropsSeen, d.dropsGrew = n, time.Now()
	}
	return time.Since(d.dropsGrew) < recentDrop
}

func (e *engine) journalReasons(r *health.Report) []health.Reason {
	var out []health.Reason
	add := func(code health.Code, status health.Status, text string, args ...any) {
		out = append(out, health.Reason{Code: code, Status: status, Text: fmt.Sprintf(text, args...)})
	}
	if e.stateDir == "" && e.journal != nil {
		add(health.CodeNoStateDir, health.Degraded, "there is no state directory: what waits for a destination is lost when the process ends; set journal.dir or HYDRA_STATE_DIR")
	}
	if e.noState != "" {
		add(health.CodeNoStateDir, health.Degraded, "%s", e.noState)
	}
	if e.journal == nil || e.final.Load() != nil {
		return out
	}
	j := &r.Journal
	if used := percent(j.Bytes, j.Quota.Bytes); used >= 50 {
		status := health.Healthy
		if used >= 80 {
			status = health.Degraded
		}
		add(health.CodeJournalQuota, status, "the journal takes %d %% of its quota of %d bytes (%s)", used, j.Quota.Bytes, j.Quota.Source)
	}
	st := e.journal.Stats()
	if st.Full != 0 {
		add(health.CodeJournalFull, health.Unhealthy, "no room for records: %v", st.Full)
	}
	if e.stateDir != "" && !st.Survives {
		add(health.CodeJournalVolatile, health.Degraded, "the state directory is on %s, which forgets its content when the machine or container restarts", st.FileSystem)
	}
	if st.Stalled > time.Second {
		add(health.CodeJournalStalled, health.Degraded, "a record was claimed %v ago and not completed: the system has stopped a writer's thread", st.Stalled.Round(time.Millisecond))
	}
	for _, o := range st.Orphans {
		add(health.CodeDestinationChanged, health.Degraded, "records for destination %q, as it was configured before, are kept until %s and not delivered", o.Name, o.Until.Format(time.RFC3339))
	}
	events := e.eventReasons()
	told := slices.ContainsFunc(events, func(r health.Reason) bool { return r.Code == health.CodeJournalCorrupt })
	if j.LostToCorruption > 0 && !told { // a reader went past damage, and the journal's report of it is still on its way
		add(health.CodeJournalCorrupt, health.Degraded, "%d records of the journal can't be read", j.LostToCorruption)
	}
	return append(out, events...)
}

func (e *engine) eventReasons() []health.Reason {
	var out []health.Reason
	for _, k := range []struct {
		kind   journal.EventKind
		code   health.Code
		status health.Status
	}{
		{journal.EventCorruption, health.CodeJournalCorrupt, health.Degraded},
		{journal.EventLost, health.CodeJournalCorrupt, health.Unhealthy},
		{journal.EventSetAside, health.CodeJournalCorrupt, health.Degraded},
		{journal.EventRemoved, health.CodeJournalRemoved, health.Degraded},
		{journal.EventSyncFailed, health.CodeJournalSync, health.Degraded},
		{journal.EventPoisoned, health.CodeJournalCorrupt, health.Degraded},
	} {
		if n, text := e.journalEvents.last(k.kind); n > 0 {
			out = append(out, health.Reason{Code: k.code, Status: k.status, Text: fmt.Sprintf("%s (%d times)", text, n)})
		}
	}
	return out
}

func percent(part, whole int64) int64 {
	if whole <= 0 {
		return 0
	}
	return part * 100 / whole
}

// journalStats is the state of the journal in the words of package health.
func (e *engine) journalStats() health.Journal {
	st := e.journal.Stats()
	j := health.Journal{
		Dir: st.Dir, ID: format.JournalID(st.ID), Backend: st.Backend.String(), Durability: st.Durability.String(),
		Bytes: st.Bytes, Segments: st.Segments, Mapped: st.Mapped, FreeDisk: st.Free,
		Created: st.Created, Recycled: st.Recycled,
		Waits: health.Waits{Count: st.Waits, Total: int64(st.WaitTotal), P999: int64(st.WaitP999), Max: int64(st.WaitMax)},
		Quota: health.Limit(st.Quota), Reserve: health.Limit(st.Reserve), MappedLimit: health.Limit(st.MappedLimit),
	}
	j.Survives, j.DoesNotSurvive = survival(st.Durability, e.plan().Journal.Interval)
	if n, _ := e.journalEvents.last(journal.EventCorruption); n > 0 {
		j.Corruptions = n
	}
	for _, d := range e.dests() {
		if d.source != nil {
			lost, _ := d.source.live().Skipped()
			j.LostToCorruption = max(j.LostToCorruption, lost)
		}
	}
	return j
}

func survival(d journal.Durability, interval time.Duration) (does, not string) {
	switch d {
	case journal.DurabilityMemory:
		return "nothing", "the end of the process"
	case journal.DurabilityInterval:
		return "the end of the process however it comes; a loss of power", fmt.Sprintf("a loss of power: the last %v", interval)
	}
	return "the end of the process however it comes: kill -9, panic, os.Exit, out of memory", "a loss of power: about the last 35 seconds"
}
