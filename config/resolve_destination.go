package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
)

// candidate is a destination of the plan while it is being put together.
type candidate struct {
	ResolvedDestination
	settings   []setting
	refused    bool // its path is
	named      bool // by the configuration
	commit     bool // a layer with durability commit uses it
	other      bool // a layer without uses it
	hasDefault bool // overflow was not written
}

// add returns the index of the destination in the plan: that of an equal one
// with the same address, or a new one.
func (r *resolver) add(d *Destination, at string, commit bool) int {
	c := r.candidate(d, at)
	i := slices.IndexFunc(r.found, c.isSameAs)
	if i < 0 {
		i = len(r.found)
		r.found = append(r.found, c)
	}
	have := r.found[i]
	if have != c {
		r.merge(have, c, at)
	}
	have.commit, have.other = have.commit || commit, have.other || !commit
	if !slices.Contains(have.Where, at) {
		have.Where = append(have.Where, at)
	}
	return i
}

// isSameAs reports whether c and other are one destination. A file is one
// whatever else is said about it; a stream can carry several formats, under several names.
func (c *candidate) isSameAs(other *candidate) bool {
	if c.Address != other.Address || c.Type == TypeFile {
		return c.Address == other.Address
	}
	return slices.Equal(c.settings, other.settings) && (!c.named || !other.named || c.Name == other.Name)
}

// merge lets have stand for c too. What one of the descriptions of a file leaves
// out it takes from the other; where both write something else it is an error that names both.
func (r *resolver) merge(have, c *candidate, at string) {
	have.complete(c)
	c.complete(have)
	bothNamed := have.named && c.named && have.Name != c.Name
	if !slices.Equal(have.settings, c.settings) || bothNamed {
		r.errorf(at, "%s and %s write the same file %s with different settings (%s); make them equal, or define it once in destinations",
			have.Where[0], at, have.Path, have.difference(c))
	}
	if c.named && !have.named {
		have.Name, have.named = c.Name, true
	}
}

// complete takes over what c does not write and other does: options of rotation as a
// whole, of delivery and format one by one.
func (c *candidate) complete(other *candidate) {
	if c.Rotation == nil {
		c.Rotation = other.Rotation
	}
	if c.Extensions == nil {
		c.Extensions = other.Extensions
	}
	fill(reflect.ValueOf(&c.Delivery).Elem(), reflect.ValueOf(other.Delivery))
	fill(reflect.ValueOf(&c.Layout).Elem(), reflect.ValueOf(other.Layout))
	c.settings = settingsOf(c)
}

// fill sets the fields of a struct that are zero.
func fill(to, from reflect.Value) {
	for i := range to.NumField() {
		if to.Field(i).IsZero() {
			to.Field(i).Set(from.Field(i))
		}
	}
}

// setting is one thing that two descriptions of the same target must agree on.
type setting struct{ key, value string }

func settingsOf(c *candidate) []setting {
	colors := "auto"
	if c.UseColors != nil {
		colors = fmt.Sprint(*c.UseColors)
	}
	return []setting{
		{"format", c.Format}, {"id", fmt.Sprint(c.ID)}, {"colors", colors},
		{"overflow", fmt.Sprintf("%d/%d/%s", c.Overflow, c.ShedBelow, c.Timeout)},
		{"rotation", fingerprint(c.Rotation)}, {"network", fingerprint(c.Network)}, {"delivery", fingerprint(c.Delivery)},
		{"layout", fingerprint(c.Layout)}, {"extensions", fingerprint(withoutPlaces(c.Extensions))}, {"options", fingerprint(c.Options)},
	}
}

func (c *candidate) difference(other *candidate) string {
	for i, a := range c.settings {
		b := other.settings[i]
		if a == b {
			continue
		}
		if i > 2 {
			return a.key
		}
		return fmt.Sprintf("%s %s and %s", a.key, orDefault(a.value, "unset"), orDefault(b.value, "unset"))
	}
	return fmt.Sprintf("name %s and %s", c.Name, other.Name)
}

func (r *resolver) candidate(d *Destination, at string) *candidate {
	c := &candidate{named: d.Name != ""}
	c.Name, c.Type, c.ID = d.Name, canonicalType(d.Type), d.ID
	c.Options = d.Options
	if c.Options == nil {
		c.Options = d.Extra
	}
	c.Rotation, c.Network, c.Layout = rotationOf(d), networkOf(d), r.layout(d)
	c.Delivery = r.delivery(d)
	c.Extensions = r.extensions(join(at, "extensions"), d.Extensions)
	c.Format = formatOf(d)
	c.Overflow, c.ShedBelow, _ = d.Overflow.Parse()
	c.hasDefault = c.Overflow == OverflowDefault
	c.Timeout = d.OverflowTimeout.Std()
	switch c.Type {
	case TypeFile:
		before := len(r.errors)
		c.Path = r.filePath(join(at, "path"), d.Path, c.Format)
		c.refused = len(r.errors) > before
		c.Format = orDefault(c.Format, FormatPlainText)
		c.Address = "file:" + c.Path
	case TypeConsole:
		c.Stream = orDefault(d.Stream, "stdout")
		c.UseColors = d.UseColors
		if d.UseColors != nil && !*d.UseColors && c.Format != FormatJSONLines {
			c.Format = FormatPlainText
		}
		c.Address = "console:" + c.Stream
	case TypeNull:
		c.Format = orDefault(c.Format, FormatPlainText)
		c.Address = "null:"
	case TypeMemory:
		c.Format = orDefault(c.Format, FormatPlainText)
		c.Address = "memory:" + orDefault(d.Name, at)
	default:
		c.Path, c.Stream, c.UseColors = d.Path, d.Stream, d.UseColors
		c.Address = c.Type + ":" + d.Path + addressOf(&c.Network)
		if len(c.Options) > 0 {
			c.Address += "#" + fingerprint(c.Options)
		}
	}
	c.settings = settingsOf(c)
	return c
}

// finish gives every destination its name and its overflow policy.
func (r *resolver) finish() {
	r.nameAll()
	for _, c := range r.found {
		if c.hasDefault {
			r.defaultOverflow(c)
		}
		c.Delivery.Fallback = r.fallbackName(c)
		r.plan.Destinations = append(r.plan.Destinations, c.ResolvedDestination)
	}
}

func (r *resolver) defaultOverflow(c *candidate) {
	c.Overflow = OverflowDropOldest
	if kind, timeout := r.queue.defaultPolicy(); kind != OverflowDefault && !c.commit {
		c.Overflow, c.Timeout = kind, timeout
	}
	switch {
	case c.commit && !c.other:
		c.Overflow = OverflowBlock
	case c.commit:
		r.warnf(c.Where[0], "%s drops records when the journal is full, although a layer with durability commit uses it: "+
			"layers without commit use it too; write overflow: block to wait instead", c.Name)
	}
}

// nameAll makes names unique. A name that is made here depends on the
// destination's type and target alone, since cursors are found by it.
func (r *resolver) nameAll() {
	count := make(map[string]int)
	owner := make(map[string]*candidate)
	for _, c := range r.found {
		if !c.named {
			c.Name = generatedName(c)
		} else if first := owner[c.Name]; first != nil {
			r.errorf(c.Where[0], "%s and %s are different destinations with the same name %q", first.Where[0], c.Where[0], c.Name)
		} else {
			owner[c.Name] = c
		}
		count[c.Name]++
	}
	used := make(map[string]bool)
	for _, c := range r.found {
		if count[c.Name] > 1 && !c.named {
			c.Name += "-" + shortHash(c.Address+"|"+c.Format)
		}
		for base, n := c.Name, 2; used[c.Name] && !c.named; n++ {
			c.Name = fmt.Sprintf("%s-%d", base, n)
		}
		used[c.Name] = true
	}
}

func generatedName(c *candidate) string {
	switch c.Type {
	case TypeFile:
		return "file-" + filepath.Base(c.Path)
	case TypeConsole:
		return "console-" + c.Stream
	}
	return c.Type
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:3])
}
