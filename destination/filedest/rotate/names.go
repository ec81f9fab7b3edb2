package rotate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DefaultNames is the name of a rotated file unless another is set: app-20261124T084555.123Z.log for app.log.
const DefaultNames = "{name}-{time}{ext}"

// defaultTime sorts by name, and has its offset, so that it stays unique when clocks are set back in autumn.
const defaultTime = "20060102T150405.000Z0700"

// The suffixes of compressed files.
const (
	suffixGzip = ".gz"
	suffixZstd = ".zst"
	tempSuffix = ".tmp"
)

// Names makes the names of rotated files, and knows them again.
type Names struct {
	dir, prefix, suffix, layout string
	zone                        *time.Location
}

// NewNames returns the names for the rotated files of path. pattern has {name} and {ext}, the two parts of the
// file's own name, and {time}, or {time:LAYOUT} with a layout of package time. Default: DefaultNames.
func NewNames(path, pattern string, zone *time.Location) (Names, error) {
	if pattern == "" {
		pattern = DefaultNames
	}
	base := filepath.Base(path)
	ext := filepath.Ext(base)
	parts := strings.NewReplacer("{name}", strings.TrimSuffix(base, ext), "{ext}", ext)
	before, rest, found := strings.Cut(pattern, "{time")
	layout, after, closed := strings.Cut(rest, "}")
	if !found || !closed || strings.Contains(after, "{time") || layout != "" && layout[0] != ':' {
		return Names{}, fmt.Errorf("the name format %q needs {time}, or {time:LAYOUT}, once", pattern)
	}
	n := Names{dir: filepath.Dir(path), prefix: parts.Replace(before), suffix: parts.Replace(after), layout: defaultTime, zone: zone}
	if layout != "" {
		n.layout = layout[1:]
	}
	sample := n.prefix + time.Unix(0, 0).Format(n.layout) + n.suffix
	switch {
	case n.layout == "" || strings.ContainsAny(sample, "/\\{}\x00"):
		return Names{}, fmt.Errorf("the name format %q makes no file name: use {name}, {time}, {ext} and no directories", pattern)
	case time.Unix(0, 0).Format(n.layout) == time.Unix(1e9, 0).Format(n.layout):
		return Names{}, fmt.Errorf("the name format %q says no time: its layout is one of Go's package time, such as {time:2006-01-02}", pattern)
	case !strings.Contains(before+after, "{name}"):
		return Names{}, fmt.Errorf("the name format %q needs {name}, so that the files of two destinations are told apart", pattern)
	}
	return n, nil
}

// In returns the same names in another directory.
func (n Names) In(dir string) Names {
	n.dir = dir
	return n
}

// name is the counter-th name of a moment.
func (n Names) name(t time.Time, counter int) string {
	stamp := t.In(n.zone).Format(n.layout)
	if counter > 0 {
		stamp += "." + strconv.Itoa(counter)
	}
	return n.prefix + stamp + n.suffix
}

// Backup is a rotated file.
type Backup struct {
	Path       string
	Time       time.Time // of its rotation, from its name
	Counter    int       // tells apart those of one moment
	Size       int64
	Compressed bool
}

// parse reads a name. ok is false for a name that is not exactly one of ours.
func (n Names) parse(base string) (b Backup, ok bool) {
	plain := base
	for _, suffix := range []string{suffixGzip, suffixZstd} {
		if cut, is := strings.CutSuffix(base, suffix); is && strings.HasSuffix(cut, n.suffix) {
			plain, b.Compressed = cut, true
		}
	}
	stamp, hasPrefix := strings.CutPrefix(plain, n.prefix)
	stamp, hasSuffix := strings.CutSuffix(stamp, n.suffix)
	if !hasPrefix || !hasSuffix {
		return b, false
	}
	if t, err := time.ParseInLocation(n.layout, stamp, n.zone); err == nil && n.name(t, 0) == plain {
		b.Time = t
		return b, true
	}
	dot := strings.LastIndexByte(stamp, '.')
	if dot < 0 {
		return b, false
	}
	counter, err := strconv.Atoi(stamp[dot+1:])
	if err != nil || counter < 1 {
		return b, false
	}
	t, err := time.ParseInLocation(n.layout, stamp[:dot], n.zone)
	b.Time, b.Counter = t, counter
	return b, err == nil && n.name(t, counter) == plain
}

// List returns the rotated files that are there, oldest first.
func (n Names) List() ([]Backup, error) {
	entries, err := os.ReadDir(n.dir)
	if err != nil {
		return nil, err
	}
	var all []Backup
	for _, e := range entries {
		b, ok := n.parse(e.Name())
		if !ok || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // just removed
		}
		if err != nil {
			return nil, err
		}
		b.Path, b.Size = filepath.Join(n.dir, e.Name()), info.Size()
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b Backup) int {
		if c := a.Time.Compare(b.Time); c != 0 {
			return c
		}
		if a.Counter != b.Counter {
			return a.Counter - b.Counter
		}
		return strings.Compare(a.Path, b.Path)
	})
	return all, nil
}

// mostCollisions bounds how many names of one moment are tried.
const mostCollisions = 100000

// Reserve makes an empty file under a name that no file has, compressed or not, and returns its path.
func (n Names) Reserve(now time.Time) (string, error) {
	for counter := range mostCollisions {
		path := filepath.Join(n.dir, n.name(now, counter))
		if taken(path+suffixGzip) || taken(path+suffixZstd) {
			continue
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		return path, f.Close()
	}
	return "", fmt.Errorf("no name is free for a rotated file at %v", now)
}

func taken(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
