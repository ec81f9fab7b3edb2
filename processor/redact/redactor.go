package redact

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/hydra-logger/hydra/processor/sanitize"
	"github.com/hydra-logger/hydra/record"
)

// Redactor hides secrets. It is a processor; any number of goroutines may use it, inside a logger or not.
type Redactor struct {
	on       set
	class    [256]uint8
	hot      [256]uint8
	prefixes *prefixTable
	keys     *keyRules
	rules    []rule // the detectors, then those of the options
	custom   []int  // indexes of the latter
	clean    *sanitize.Sanitizer
	sieve    *record.Sieve
	texts    *cleanTexts
	glances  bool // short texts of letters are passed over: no rule of the options looks at them
	hashKey  []byte
	maxDepth int
	exempt   map[string]bool
	unknown  []string // among Options.Patterns
	failed   atomic.Uint64
}

// rule is a detector or a rule of the options.
type rule struct {
	name   string
	action action
	find   finder // of the options
	count  *atomic.Uint64
}

// New returns a redactor. The error says which option cannot be, and why.
func New(o Options) (*Redactor, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	on, err := o.detectors()
	if err != nil {
		return nil, err
	}
	r := &Redactor{maxDepth: o.MaxDepth, hashKey: []byte(o.HashKey), exempt: map[string]bool{}, unknown: o.unknownPatterns(), texts: new(cleanTexts)}
	if r.maxDepth == 0 || r.maxDepth > record.MaxDepth {
		r.maxDepth = record.MaxDepth
	}
	for _, l := range o.ExemptLayers {
		r.exempt[l] = true
	}
	if !isOn(o.Redaction) {
		on = 0
		o.Rules, o.Custom, o.GoRules, o.Keys = nil, nil, nil, nil
	} else if len(o.Keys) > 0 {
		on |= setOf(detKeys)
	}
	r.on = on
	r.keys = newKeyRules(on, o.Keys, o.AllowKeys)
	r.prefixes = newPrefixTable(on)
	if err := r.addRules(&o); err != nil {
		return nil, err
	}
	if isOn(o.Sanitization) {
		if r.clean, err = sanitize.New(o.Sanitize); err != nil {
			return nil, err
		}
	}
	r.glances = len(r.custom) == 0
	r.fillClasses()
	r.sieve = newSieve(r)
	return r, nil
}

// addRules makes a rule of each detector and of each rule of the options, with its action.
func (r *Redactor) addRules(o *Options) error {
	general, err := actionOf(o.Action)
	if err != nil {
		return err
	}
	for _, name := range detectorNames {
		r.rules = append(r.rules, rule{name: name, action: general, count: new(atomic.Uint64)})
	}
	r.rules[detFailed].action, r.rules[detDepth].action = actReplace, actReplace
	for i, c := range append(append([]Rule(nil), o.Rules...), o.Custom...) {
		if c.Name == "" {
			c.Name = fmt.Sprintf("rule-%d", i+1)
		}
		if err := r.addRegex(c); err != nil {
			return err
		}
	}
	for _, g := range o.GoRules {
		if g.Name == "" || g.Find == nil {
			return errors.New("redact: a rule in Go needs Name and Find")
		}
		r.add(rule{name: g.Name, find: goFinder(g)})
	}
	hashes := false
	for name, act := range o.Actions {
		if err := r.setAction(name, act); err != nil {
			return err
		}
	}
	for _, x := range r.rules {
		hashes = hashes || x.action == actHash
	}
	if hashes && len(o.HashKey) < minHashKey {
		return errors.New("redact: hash_key: the action hash needs a key of " + minHashText)
	}
	return nil
}

func (r *Redactor) add(x rule) {
	x.count = new(atomic.Uint64)
	r.custom = append(r.custom, len(r.rules))
	r.rules = append(r.rules, x)
}

func (r *Redactor) setAction(name, act string) error {
	a, err := actionOf(act)
	if err != nil {
		return fmt.Errorf("%w (of %q in actions)", err, name)
	}
	found := false
	for i := range r.rules {
		if r.rules[i].name == name && i != int(detFailed) && i != int(detDepth) {
			r.rules[i].action, found = a, true
		}
	}
	if !found {
		return fmt.Errorf("redact: actions: there is no detector or rule %q", name)
	}
	return nil
}

// Failed returns how often a rule panicked: what it looked at was hidden as a whole.
func (r *Redactor) Failed() uint64 { return r.failed.Load() }

// ExemptLayers returns the layers whose records stay as they are.
func (r *Redactor) ExemptLayers() []string {
	var list []string
	for l := range r.exempt {
		list = append(list, l)
	}
	return list
}

// UnknownPatterns returns the names of Options.Patterns that are no patterns: what they were meant to hide is not hidden. Open warns of them.
func (r *Redactor) UnknownPatterns() []string { return slices.Clone(r.unknown) }

// Count is how many secrets a detector or rule has found.
type Count struct {
	Rule  string
	Count uint64
}

// Counts returns what was found since New, in the order of the detectors, without those that found nothing.
func (r *Redactor) Counts() []Count {
	var list []Count
	for _, x := range r.rules {
		if n := x.count.Load(); n > 0 {
			list = append(list, Count{x.name, n})
		}
	}
	return list
}
