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

// DefaultLayout is the time in the names of rotated files: app-20261124T084555.123Z.log for app.log. It sorts by name, and
// has its offset, so that it stays unique when clocks are set back in autumn.
const DefaultLayout = "20060102T150405.000Z0700"

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

// NewNames returns the names for the rotated files of path: its name, the time as a layout of package time says, its
// extension. Default: DefaultLayout. With afterExt the time comes behind the extension.
func NewNames(path, layout string, afterExt bool, zone *time.Location) (Names, error) {
	if layout == "" {
		layout = DefaultLayout
	}
	base := filepath.Base(path)
	ext := filepath.Ext(base)
	n := Names{dir: filepath.Dir(path), prefix: strings.TrimSuffix(base, ext) + "-", suffix: ext, layout: layout, zone: zone}
	if afterExt || n.prefix == "-" {
		n.prefix, n.suffix = base+"-", ""
	}
	early, late := time.Unix(0, 0).UTC().Format(layout), time.Unix(1e9, 0).UTC().Format(layout)
	switch {
	case strings.ContainsAny(early, "/\\\x00"):
		return Names{}, fmt.Errorf("name_format: %q makes no file name: rotated files stay beside the log", layout)
	case early == late:
		return Names{}, fmt.Errorf("name_format: %q says no time: it is a layout of Go's package time, such as 2006-01-02", layout)
	}
	return n, nil
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
const mostCollisions = 1000

// Reserve makes an empty file under a name that no file has, compressed or not, and returns its path. It comes behind all
// files of the same moment that are there.
func (n Names) Reserve(now time.Time) (string, error) {
	all, err := n.List()
	if err != nil {
		return "", err
	}
	first, plain := 0, n.name(now, 0)
	for _, b := range all {
		if b.Counter >= first && n.name(b.Time, 0) == plain {
			first = b.Counter + 1
		}
	}
	for counter := first; counter < first+mostCollisions; counter++ {
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
	return "", fmt.Errorf("no name is free for a file that is rotated at %v", now)
}

func taken(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
