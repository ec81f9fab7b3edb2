package hydra

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/dedupe"
	"github.com/hydra-logger/hydra/processor/enrich"
	"github.com/hydra-logger/hydra/processor/formatting"
	"github.com/hydra-logger/hydra/processor/keepback"
	"github.com/hydra-logger/hydra/processor/key"
	"github.com/hydra-logger/hydra/processor/ratelimit"
	"github.com/hydra-logger/hydra/processor/sample"
)

// extensionMaker makes a processor of a type that the package has itself; on is nil for the logger's.
type extensionMaker func(m maker, x config.ResolvedExtension, on *dest) (processor.Processor, error)

// keepBackType is the type of extension that keeps records back.
const keepBackType = "keep_back"

// stockExtensions are the types of extension that every program has. Others are added with [WithExtension].
func stockExtensions() map[string]extensionMaker {
	return map[string]extensionMaker{
		securityType:  newSecurity,
		"formatting":  newFormatting,
		"performance": newPerformance,
		"sampling":    newSampling,
		"rate_limit":  newRateLimit,
		"dedupe":      newDedupe,
		keepBackType:  newKeepBack,
		"enrich":      newEnrich,
	}
}

var errLoggerOnly = errors.New("this type belongs to the logger, not to one destination")

type samplingSettings struct {
	First        *int          `json:"first"`
	Thereafter   *int          `json:"thereafter"`
	Interval     time.Duration `json:"interval"`
	By           []string      `json:"by"`
	MaxKeys      int           `json:"max_keys"`
	Rate         *float64      `json:"rate"` // of flows, in place of all above
	Below        string        `json:"below"`
	Layers       []string      `json:"layers"`
	ExceptLayers []string      `json:"except_layers"`
}

func newSampling(m maker, x config.ResolvedExtension, _ *dest) (processor.Processor, error) {
	var s samplingSettings
	if err := config.DecodeOptions(x.Settings, &s); err != nil {
		return nil, err
	}
	scope, err := m.scope(x, s.Below, s.Layers, s.ExceptLayers)
	if err != nil {
		return nil, err
	}
	if s.Rate != nil {
		if s.First != nil || s.Thereafter != nil || s.Interval != 0 || len(s.By) > 0 || s.MaxKeys != 0 {
			return nil, errors.New("rate samples whole flows and can't be combined with first, thereafter, interval, by and max_keys; use two extensions")
		}
		return asProcessor(sample.NewFlow(sample.FlowOptions{Rate: *s.Rate, Scope: scope}))
	}
	o := sample.Options{First: written(s.First), Thereafter: written(s.Thereafter), Interval: s.Interval, By: s.By, MaxKeys: s.MaxKeys, Scope: scope}
	return asProcessor(sample.NewHead(o))
}

// written turns a number that may be 0 into one for which 0 is the default and a negative one is 0.
func written(n *int) int {
	switch {
	case n == nil:
		return 0
	case *n == 0:
		return -1
	}
	return *n
}

// asProcessor returns a nil interface with an error.
func asProcessor[P processor.Processor](p P, err error) (processor.Processor, error) {
	if err != nil {
		return nil, err
	}
	return p, nil
}

// scope reads what concerns every type of flood control. Layers of durability commit are left alone unless they are named.
func (m maker) scope(x config.ResolvedExtension, below string, layers, except []string) (key.Scope, error) {
	s := key.Scope{Layers: layers, Except: except}
	for _, name := range append(append([]string{}, layers...), except...) {
		if !m.plan.Has(name) {
			return s, fmt.Errorf("there is no layer %q%s", name, config.Possible("layers", name, m.layerNames()))
		}
	}
	if len(layers) == 0 {
		s.Except = slices.Concat(s.Except, x.CommitLayers)
	}
	level, err := levelOf("below", below)
	s.Below = level
	return s, err
}

func (m maker) layerNames() []string {
	var names []string
	for _, l := range m.plan.Layers {
		names = append(names, l.Name)
	}
	return names
}

// levelOf reads a level; nil when none is written. NONE is above all.
func levelOf(name, text string) (slog.Leveler, error) {
	switch {
	case text == "":
		return nil, nil
	case strings.EqualFold(text, "NONE"):
		return config.LevelOff, nil
	}
	level, err := config.Level(text).Parse()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return level, nil
}

type rateLimitSettings struct {
	Rate         float64  `json:"rate"`
	Burst        int      `json:"burst"`
	By           []string `json:"by"`
	MaxKeys      int      `json:"max_keys"`
	Below        string   `json:"below"`
	Layers       []string `json:"layers"`
	ExceptLayers []string `json:"except_layers"`
}

func newRateLimit(m maker, x config.ResolvedExtension, _ *dest) (processor.Processor, error) {
	var s rateLimitSettings
	if err := config.DecodeOptions(x.Settings, &s); err != nil {
		return nil, err
	}
	scope, err := m.scope(x, s.Below, s.Layers, s.ExceptLayers)
	if err != nil {
		return nil, err
	}
	return asProcessor(ratelimit.New(ratelimit.Options{Rate: s.Rate, Burst: s.Burst, By: s.By, MaxKeys: s.MaxKeys, Scope: scope}))
}

type dedupeSettings struct {
	Window       time.Duration `json:"window"`
	By           []string      `json:"by"`
	MaxKeys      int           `json:"max_keys"`
	MaxBytes     config.Size   `json:"max_bytes"`
	Below        string        `json:"below"`
	Layers       []string      `json:"layers"`
	ExceptLayers []string      `json:"except_layers"`
}

func newDedupe(m maker, x config.ResolvedExtension, on *dest) (processor.Processor, error) {
	var s dedupeSettings
	if err := config.DecodeOptions(x.Settings, &s); err != nil {
		return nil, err
	}
	if on != nil {
		return nil, errLoggerOnly
	}
	scope, err := m.scope(x, s.Below, s.Layers, s.ExceptLayers)
	if err != nil {
		return nil, err
	}
	return asProcessor(dedupe.New(dedupe.Options{Window: s.Window, By: s.By, MaxKeys: s.MaxKeys, MaxBytes: int(s.MaxBytes), Scope: scope}))
}

type enrichSettings struct {
	Include     []string          `json:"include"`
	Service     string            `json:"service"`
	Version     string            `json:"version"`
	Environment string            `json:"environment"`
	PodInfo     string            `json:"pod_info"`
	Labels      []string          `json:"labels"`
	Keys        map[string]string `json:"keys"`
	Attributes  map[string]any    `json:"attributes"`
}

func newEnrich(m maker, x config.ResolvedExtension, _ *dest) (processor.Processor, error) {
	var s enrichSettings
	if err := config.DecodeOptions(x.Settings, &s); err != nil {
		return nil, err
	}
	if s.Service == "" && (m.loggerName != "" || m.plan.Service != m.plan.Name) {
		s.Service = m.plan.Service // written in the file; else the environment may know better
	}
	return asProcessor(enrich.New(enrich.Options{Include: s.Include, Service: s.Service, Version: orString(s.Version, m.plan.Version),
		Environment: orString(s.Environment, m.plan.Environment), PodInfo: s.PodInfo, Labels: s.Labels, Keys: s.Keys, Attrs: Fields(s.Attributes)}))
}

func orString(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

type formattingSettings struct {
	AddTimestamp    bool   `json:"add_timestamp"`
	TimestampFormat string `json:"timestamp_format"`
	Timezone        string `json:"timezone"`
	AddContext      bool   `json:"add_context"`
}

func newFormatting(_ maker, x config.ResolvedExtension, _ *dest) (processor.Processor, error) {
	var s formattingSettings
	if err := config.DecodeOptions(x.Settings, &s); err != nil {
		return nil, err
	}
	o := formatting.Options{AddTimestamp: s.AddTimestamp, TimestampFormat: s.TimestampFormat, AddContext: s.AddContext}
	if s.Timezone != "" {
		zone, err := time.LoadLocation(s.Timezone)
		if err != nil {
			return nil, fmt.Errorf("timezone: %w", err)
		}
		o.Location = zone
	}
	return formatting.New(o)
}

type keepBackSettings struct {
	Level        string        `json:"level"`
	Trigger      string        `json:"trigger"`
	MaxRecords   int           `json:"max_records"`
	MaxBytes     config.Size   `json:"max_bytes"`
	MaxAge       time.Duration `json:"max_age"`
	Layers       []string      `json:"layers"`
	ExceptLayers []string      `json:"except_layers"`
}

func newKeepBack(m maker, x config.ResolvedExtension, on *dest) (processor.Processor, error) {
	var s keepBackSettings
	if err := config.DecodeOptions(x.Settings, &s); err != nil {
		return nil, err
	}
	if on != nil {
		return nil, errLoggerOnly
	}
	level, err := levelOf("level", s.Level)
	if err != nil {
		return nil, err
	}
	trigger, err := levelOf("trigger", s.Trigger)
	if err != nil {
		return nil, err
	}
	scope, err := m.scope(x, "", s.Layers, s.ExceptLayers)
	if err != nil {
		return nil, err
	}
	o := keepback.Options{Level: level, Trigger: trigger, MaxRecords: s.MaxRecords, MaxBytes: int(s.MaxBytes), MaxAge: s.MaxAge,
		Layers: scope.Layers, Except: scope.Except}
	return m.newKeeper(o, x.Where)
}
