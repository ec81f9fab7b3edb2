package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
)

// checker finds what is wrong in a configuration, value by value. What
// concerns several values at once is found when it is resolved.
type checker struct {
	problems
	config *Config
	types  []string // of destinations and extensions beyond those of the schema
	file   *decoder // nil for a configuration made in Go
}

// written reports whether a file has the key at path.
func (c *checker) written(path string) bool {
	if c.file == nil {
		return false
	}
	_, ok := c.file.places[path]
	return ok
}

// isNull reports whether a file has null at path.
func (c *checker) isNull(path string) bool { return c.file != nil && c.file.nulls[path] }

func (c *checker) all() {
	cfg := c.config
	if cfg.Name != "" {
		c.name("name", cfg.Name, c.errorf)
	}
	c.level("default_level", cfg.DefaultLevel)
	if !strings.EqualFold(string(cfg.SyncLevel), "NONE") {
		c.level("sync_level", cfg.SyncLevel)
	}
	c.duration("close_timeout", cfg.CloseTimeout, true, 0, 24*time.Hour)
	c.tags("", cfg)
	c.size("buffer_size", cfg.BufferSize, false, 1)
	c.sizeMax("buffer_size", cfg.BufferSize, maxBuffer)
	c.duration("flush_interval", cfg.FlushInterval, true, 0, time.Hour)
	c.colors()
	c.extensions("extensions", cfg.Extensions)
	c.checkRuntime()
	c.journal("journal", &cfg.Journal)
	for _, name := range slices.Sorted(maps.Keys(cfg.Destinations)) {
		path := join("destinations", name)
		c.name(path, name, c.keyErrorf)
		d := cfg.Destinations[name]
		if d.Ref != "" {
			c.errorf(join(path, "ref"), "%s.ref: a destination that others use by name can't be a reference itself", path)
			continue
		}
		c.destination(path, &d)
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Layers)) {
		l := cfg.Layers[name]
		c.layer(join("layers", name), name, &l)
	}
}

func (c *checker) journal(path string, j *Journal) {
	kind, _, err := j.Durability.Parse()
	if err != nil {
		c.errorf(join(path, "durability"), "%s.durability: %v", path, err)
	}
	c.tags(path, j)
	c.size(join(path, "quota"), j.Quota, false, 512<<10)
	c.size(join(path, "reserve"), j.Reserve, true, 1)
	c.size(join(path, "mapped_limit"), j.MappedLimit, false, 512<<10)
	c.duration(join(path, "max_wait"), j.MaxWait, false, 100*time.Microsecond, 10*time.Second)
	if !j.IsEnabled() && kind > DurabilityMemory {
		c.errorf(join(path, "durability"), "%s.durability: %s needs the journal, which %s.enabled turns off", path, j.Durability, path)
	}
	if c.config.Mode == ModeSync && *j != (Journal{}) {
		c.warnf(path, "%s has no effect: mode sync writes without a journal", path)
	}
}

func (c *checker) layer(path, name string, l *Layer) {
	c.layerName(path, name, c.keyErrorf)
	c.level(join(path, "level"), l.Level)
	if l.Level == "" && c.config.DefaultLevel.Or(LevelInfo) != LevelInfo {
		c.warnf(path, "%s has no level and gets INFO: default_level is only for layers that are not configured", path)
	}
	c.layerDurability(join(path, "durability"), l.Durability)
	c.color(join(path, "color"), l.Color)
	if len(l.Destinations) == 0 {
		c.errorf(join(path, "destinations"), "%s.destinations: a layer needs at least one destination", path)
	}
	for i := range l.Destinations {
		at := fmt.Sprintf("%s.destinations[%d]", path, i)
		if d := &l.Destinations[i]; d.Ref != "" {
			c.reference(at, d)
		} else {
			c.destination(at, d)
		}
	}
}

func (c *checker) layerDurability(path string, d Durability) {
	kind, _, err := d.Parse()
	switch {
	case err != nil:
		c.errorf(path, "%s: %v", path, err)
	case kind == DurabilityMemory || kind == DurabilityInterval:
		c.errorf(path, "%s: a layer can have commit or process; %s is a setting of the whole journal (journal.durability)", path, d)
	case kind == DurabilityCommit && c.config.Mode == ModeSync:
		c.errorf(path, "%s: commit needs the journal, and mode sync has none", path)
	case kind == DurabilityCommit && !c.config.Journal.IsEnabled():
		c.errorf(path, "%s: commit needs the journal, which journal.enabled turns off", path)
	case kind == DurabilityCommit:
		if k, _, err := c.config.Journal.Durability.Parse(); err == nil && k == DurabilityMemory {
			c.errorf(path, "%s: commit needs a journal on disk, and journal.durability is memory", path)
		}
	}
}

// reference checks a destination that stands for one of Config.Destinations.
func (c *checker) reference(path string, d *Destination) {
	if _, ok := c.config.Destinations[d.Ref]; !ok {
		names := slices.Sorted(maps.Keys(c.config.Destinations))
		c.errorf(path, "%s: there is no destination named %q%s", path, d.Ref, refHint(d.Ref, names))
	}
	c.level(join(path, "level"), d.Level)
	rest := *d
	rest.Ref, rest.Level = "", ""
	if !isZero(&rest) {
		c.errorf(path, "%s: beside ref, only level can be set; the rest belongs to destinations.%s", path, d.Ref)
	}
}

func refHint(ref string, names []string) string {
	if near := didYouMean(ref, names); near != "" {
		return near
	}
	if slices.Contains(DestinationTypes(), ref) {
		return fmt.Sprintf("; for a destination of that type write {type: %s}", ref)
	}
	if len(names) == 0 {
		return "; destinations defines none"
	}
	return "; destinations defines " + list(names)
}

// name checks a name that is used in file names and reports.
func (c *checker) name(path, s string, errorf report) {
	if s == "." || s == ".." || strings.ContainsAny(s, `/\`) {
		errorf(path, "%s: %q can't be a name: no slashes, no control characters", path, s)
		return
	}
	c.layerName(path, s, errorf)
}

// report notes an error: of a key, or of the value of a key.
type report func(path, format string, args ...any)

// layerName checks a name that no file has: api/v1 is one.
func (c *checker) layerName(path, s string, errorf report) {
	bad := func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }
	switch {
	case strings.TrimSpace(s) == "":
		errorf(path, "%s: a name can't be empty", path)
	case len(s) > 128:
		errorf(path, "%s: a name can't be longer than 128 bytes", path)
	case strings.IndexFunc(s, bad) >= 0:
		errorf(path, "%s: %q can't be a name: no control characters", path, s)
	}
}

func (c *checker) level(path string, l Level) {
	if l == "" {
		if c.written(path) && !c.isNull(path) {
			c.errorf(path, "%s: a level can't be empty (levels are %s)", path, strings.Join(fileLevels(), ", "))
		}
		return
	}
	if _, err := l.Parse(); err != nil {
		names := levelNames()
		if c.file != nil {
			names = fileLevels()
		}
		c.errorf(path, "%s: unknown level %q%s", path, string(l), possible("levels", string(l), names))
	}
}

func (c *checker) oneOf(path, value string, names ...string) {
	empty := value == "" && (!c.written(path) || c.isNull(path))
	if !empty && !slices.Contains(names, value) {
		c.errorf(path, "%s: %q is not possible%s", path, value, possible("values", value, names))
	}
}

func (c *checker) duration(path string, d Duration, none bool, low, high time.Duration) {
	if d == 0 || none && d == NoTimeout {
		return
	}
	if d.Std() < low || d.Std() > high {
		c.errorf(path, "%s: %s is out of range; it is %s to %s", path, d, low, high)
	}
}

func (c *checker) size(path string, s Size, none bool, low Size) {
	if s == 0 || none && s == NoReserve {
		return
	}
	if s < low {
		c.errorf(path, "%s: %s is too small; it is at least %s", path, s, low)
	}
}
