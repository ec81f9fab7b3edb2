package hydra

import (
	"fmt"
	"math/bits"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/record"
)

// monitor measures every so-many-th call: how long the accept path takes, and which layers and messages fill
// the destinations. It costs the other calls a counter of their own accepter.
type monitor struct {
	every   uint32
	latency bool
	memory  bool
	most    int // messages in a report; 0: none

	times histogram
	mu    sync.Mutex
	top   volumes
	layer map[string]*health.Volume
}

// monitorOptions say what is measured.
type monitorOptions struct {
	rate     int  // every so-many-th record. Default: 100
	latency  bool //
	memory   bool
	messages int
}

const defaultMonitorRate = 100

// messagesShown is how many messages a report names.
func messagesShown(detail string) int {
	return map[string]int{"standard": 10, "detailed": 50}[detail]
}

// makeMonitor measures where the monitoring keys of the configuration or an extension of type performance ask for it.
func (e *engine) makeMonitor(c config.Monitoring) {
	if c.Enabled {
		o := monitorOptions{rate: c.SampleRate, latency: true, messages: messagesShown(c.Detail), memory: c.Detail == "detailed"}
		if p := e.performance; p != nil {
			o.latency, o.memory, o.messages = o.latency || p.latency, o.memory || p.memory, max(o.messages, p.messages)
		}
		e.monitor.Store(newMonitor(o))
	} else if e.performance != nil {
		e.monitor.Store(newMonitor(*e.performance))
	} else {
		e.monitor.Store(nil)
	}
}

type performanceSettings struct {
	SampleRate     *int  `json:"sample_rate"`
	MonitorLatency *bool `json:"monitor_latency"`
	MonitorMemory  *bool `json:"monitor_memory"`
}

// newPerformance is an extension of type performance. It measures and is no processor: it stands in nobody's way.
func newPerformance(m maker, x config.ResolvedExtension, on *dest) (processor.Processor, error) {
	var s performanceSettings
	if err := config.DecodeOptions(x.Settings, &s); err != nil {
		return nil, err
	}
	if on != nil {
		return nil, errLoggerOnly
	}
	if s.SampleRate != nil && *s.SampleRate < 1 {
		return nil, fmt.Errorf("sample_rate: %d is below 1", *s.SampleRate)
	}
	o := &monitorOptions{rate: defaultMonitorRate, messages: messagesShown("standard")}
	if s.SampleRate != nil {
		o.rate = *s.SampleRate
	}
	o.latency = s.MonitorLatency == nil || *s.MonitorLatency
	o.memory = s.MonitorMemory == nil || *s.MonitorMemory
	m.performance = o
	return nil, nil
}

func newMonitor(o monitorOptions) *monitor {
	if o.rate <= 0 {
		o.rate = defaultMonitorRate
	}
	return &monitor{every: uint32(o.rate), latency: o.latency, memory: o.memory, most: o.messages, layer: map[string]*health.Volume{}}
}

// observe is called at the end of a call with what was accepted; began is when the call read the clock, 0 if that is not to be measured.
func (m *monitor) observe(a *accepter, c *clock, began int64, payload []byte) {
	if a.tick++; a.tick < m.every {
		return
	}
	a.tick = 0
	if m.latency && began != 0 {
		m.times.add(c.now() - began)
	}
	m.volume(a, payload)
}

func (m *monitor) volume(a *accepter, payload []byte) {
	if a.view.Decode(payload) != nil {
		return
	}
	n := uint64(m.every)
	bytes := n * uint64(len(payload))
	m.mu.Lock()
	v := m.layer[a.view.Layer]
	if v == nil {
		v = m.addLayer(a.view.Layer)
	}
	v.Records += n
	v.Bytes += bytes
	if m.most > 0 {
		m.top.add(a.view.Layer, shortMessage(a.view.Message), n, bytes)
	}
	m.mu.Unlock()
	a.view = record.View{}
}

// addLayer makes the entry of a layer. Names may come from outside: those beyond some are counted together.
func (m *monitor) addLayer(name string) *health.Volume {
	if len(m.layer) >= maxUnknown {
		name = otherUnknown
	}
	if v := m.layer[name]; v != nil {
		return v
	}
	v := &health.Volume{Layer: string([]byte(name))} // the view's memory is used again
	m.layer[v.Layer] = v
	return v
}

const maxShownMessage = 120

func shortMessage(s string) string {
	if len(s) > maxShownMessage {
		return s[:maxShownMessage]
	}
	return s
}

func (m *monitor) report() *health.Monitoring {
	if m == nil {
		return nil
	}
	r := &health.Monitoring{SampleRate: int(m.every)}
	if m.latency {
		r.Latency = m.times.report()
	}
	m.mu.Lock()
	for _, v := range m.layer {
		r.Layers = append(r.Layers, *v)
	}
	r.Messages = m.top.largest(m.most)
	m.mu.Unlock()
	sortVolumes(r.Layers)
	if m.memory {
		r.Memory = readMemory()
	}
	return r
}

func readMemory() *health.Memory {
	s := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/sched/goroutines:goroutines"},
	}
	metrics.Read(s)
	return &health.Memory{Heap: s[0].Value.Uint64(), Total: s[1].Value.Uint64(), Goroutines: s[2].Value.Uint64()}
}

// histogram counts durations in four steps to each power of two nanoseconds.
type histogram struct {
	counts [64 * 4]atomic.Uint64
	sum    atomic.Int64
	max    atomic.Int64
}

func (h *histogram) add(ns int64) {
	if ns < 0 {
		return // the wall clock was set back
	}
	h.counts[stepOf(uint64(ns))].Add(1)
	h.sum.Add(ns)
	for {
		old := h.max.Load()
		if ns <= old || h.max.CompareAndSwap(old, ns) {
			return
		}
	}
}

// stepOf is the place of the highest bit, then the two bits behind it.
func stepOf(ns uint64) int {
	if ns < 4 {
		return int(ns)
	}
	n := bits.Len64(ns)
	return (n-2)*4 + int(ns>>(n-3))&3
}

// stepEnd is the largest value of a step.
func stepEnd(step int) time.Duration {
	if step < 4 {
		return time.Duration(step)
	}
	n, part := step/4+2, uint64(step%4)
	return time.Duration((4+part+1)<<(n-3) - 1)
}

func (h *histogram) report() *health.Latency {
	var counts [len(h.counts)]uint64
	l := &health.Latency{Max: time.Duration(h.max.Load())}
	for i := range counts {
		if counts[i] = h.counts[i].Load(); counts[i] > 0 {
			l.Samples += counts[i]
			l.Buckets = append(l.Buckets, health.Bucket{UpTo: stepEnd(i), Count: counts[i]})
		}
	}
	if l.Samples == 0 {
		return l
	}
	l.Mean = time.Duration(h.sum.Load() / int64(l.Samples))
	l.P50, l.P90 = quantileOf(l, 0.5), quantileOf(l, 0.9)
	l.P99, l.P999 = quantileOf(l, 0.99), quantileOf(l, 0.999)
	return l
}

func quantileOf(l *health.Latency, q float64) time.Duration {
	rank := uint64(q * float64(l.Samples))
	var seen uint64
	for _, b := range l.Buckets {
		if seen += b.Count; seen > rank {
			return min(b.UpTo, l.Max)
		}
	}
	return l.Max
}
