package hydra

import (
	"log/slog"
	"slices"
	"time"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/health"
)

// Health returns the logger's account of itself: status with reasons, the ledger of every
// destination, layers and journal. It encodes to JSON. It costs a walk over the headers of what
// is pending: call it every few seconds, not for every record.
func (l *Logger) Health() health.Report {
	if l == nil || l.e == nil {
		return health.Report{Status: health.Healthy, Name: "discard", Time: time.Now(), Mode: "discard"}
	}
	r := l.e.health()
	r.Accepting = r.Accepting && !l.h.closed.Load()
	return r
}

type lastReport struct{ health.Report }

func (e *engine) health() health.Report {
	if last := e.final.Load(); last != nil {
		r := last.Report
		r.Time = time.Now()
		r.Accepting = false
		r.AfterClose = e.after.n.Load()
		r.Destinations = slices.Clone(r.Destinations)
		for i, d := range e.dests() { // a call that met the end of Close may have been counted since
			l := &r.Destinations[i].Ledger
			l.Submitted, l.Dropped = e.submittedTo(d), d.dropped(d.status())
		}
		return r
	}
	return e.report()
}

// dropped adds up what policies and what the worker dropped.
func (d *dest) dropped(status destination.Status) map[string]health.Counts {
	out := d.drops.report()
	for reason, counts := range status.Dropped {
		out[reason] = byBand(counts)
	}
	return out
}

func (e *engine) report() health.Report {
	r := health.Report{
		Name: e.name, Time: time.Now(), Accepting: e.closing.Err() == nil, Mode: string(e.plan().Mode),
		AfterClose: e.after.n.Load(), UnknownLayers: e.unknown.report(), Layers: e.layerReports(),
	}
	dests := e.dests()
	for _, d := range dests {
		r.Destinations = append(r.Destinations, e.destReport(d))
	}
	r.Journal = e.journalReport()
	r.Processors, r.Monitoring = e.processorReports(), e.monitor.Load().report()
	r.Reasons = e.reasons(&r, dests)
	r.Status = worst(r.Reasons)
	return r
}

func worst(reasons []health.Reason) health.Status {
	s := health.Healthy
	for _, r := range reasons {
		if r.Status == health.Unhealthy || r.Status == health.Degraded && s == health.Healthy {
			s = r.Status
		}
	}
	return s
}

func (e *engine) layerReports() []health.Layer {
	e.levels.mu.Lock()
	defer e.levels.mu.Unlock()
	var out []health.Layer
	for _, ly := range e.wires.Load().current() {
		if ly.fallback {
			continue
		}
		r := health.Layer{Name: ly.name, Level: config.LevelName(slog.Level(ly.level.Load()))}
		if t := e.levels.until[ly]; t != nil {
			until := t.until
			r.Until = &until
		}
		out = append(out, r)
	}
	return out
}

// destReport is the state and ledger of one destination. Pending is counted first: a record that
// moves meanwhile is then seen in neither place rather than in both.
func (e *engine) destReport(d *dest) health.Destination {
	r := health.Destination{Name: d.cfg.Name, Type: d.cfg.Type, Target: d.target()}
	if a, ok := d.driver.(destination.Assurer); ok {
		r.Assurance = a.Assurance()
	}
	r.Ledger.Submitted = e.submittedTo(d)
	status := d.status()
	r.State = status.State
	r.Retries = status.Retries
	r.LastError = status.LastError
	r.LastErrorTime = timeOrNil(status.LastErrorTime)
	r.LastDelivery = timeOrNil(status.LastDelivery)
	r.Ledger.Delivered = status.Delivered
	r.Ledger.Redelivered = status.Redelivered
	e.reportDelivery(d, &r, &status)
	r.Ledger.Dropped = d.dropped(status)
	if d.source != nil {
		var oldest time.Time
		r.Ledger.Pending, r.PendingBytes, oldest = d.source.Pending()
		r.Ledger.Adopted = d.source.adoptedCounts()
		if !oldest.IsZero() {
			r.OldestAge = max(time.Since(oldest), 0)
		}
	}
	return r
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// submittedTo sums the accepted calls of the layers and bands that are routed to d.
func (e *engine) submittedTo(d *dest) health.Counts {
	out := health.Counts{}
	for _, ly := range e.list() {
		for b := d.from(ly.index); b <= bandCritical; b++ {
			if n := e.submitted.sum(ly.tag | uint16(b)); n > 0 {
				out[bandNames[b]] += n
			}
		}
	}
	return out
}

func (e *engine) journalReport() health.Journal {
	if e.journal == nil {
		return health.Journal{
			Backend: "none", Durability: "none",
			Survives:       "everything that ends the process: destinations are written before the call returns",
			DoesNotSurvive: "a destination that fails: there is no journal to retry from",
		}
	}
	return e.journalStats()
}
