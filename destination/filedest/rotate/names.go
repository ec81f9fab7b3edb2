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
	last                        *lastName
}

// lastName is the last one that was reserved. It spares reading the directory for each of many files of one moment.
type lastName struct {
	name    string // without counter
	counter int
}

// NewNames returns the names for the rotated files of path: its name, the time as a layout of package time says, its
// extension. Default: DefaultLayout. With afterExt the time comes behind the extension.
func NewNames(path, layout string, afterExt bool, zone *time.Location) (Names, error) {
	if layout == "" {
		layout = DefaultLayout
	}
	base := filepath.Base(path)
	ext := filepath.Ext(base)
	n := Names{dir: filepath.Dir(path), prefix: strings.TrimSuffix(base, ext) + "-", suffix: ext, layout: layout, zone: zone, last: &lastName{}}
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

// List returns the rotated files that are there, oldest first. Where the directory is not there yet, there is none.
func (n Names) List() ([]Backup, error) {
	entries, err := os.ReadDir(n.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
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

// Move gives a file a name that no file has, compressed or not: one behind all files of the same moment that are there. before is
// told the name, and may be told of several. It is called by one goroutine at a time.
func (n Names) Move(path string, now time.Time, before func(name string)) error {
	first, err := n.firstFree(now)
	if err != nil {
		return err
	}
	for counter := first; counter < first+mostCollisions; counter++ {
		to := filepath.Join(n.dir, n.name(now, counter))
		if taken(to+suffixGzip) || taken(to+suffixZstd) {
			continue
		}
		before(to)
		err := renameNew(path, to)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil {
			*n.last = lastName{n.name(now, 0), counter}
		}
		return err
	}
	return fmt.Errorf("no name is free for a file that is rotated at %v", now)
}

// renameReserved renames where the system would overwrite: the name is reserved by an empty file before. A crash may leave that.
func renameReserved(from, to string) error {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

// firstFree returns the counter behind those of the files of a moment.
func (n Names) firstFree(now time.Time) (int, error) {
	plain := n.name(now, 0)
	switch n.last.name {
	case plain:
		return n.last.counter + 1, nil
	case "": // what earlier runs left
	default:
		return 0, nil // a new moment, which has no files
	}
	all, err := n.List()
	if err != nil {
		return 0, err
	}
	first := 0
	for _, b := range all {
		if b.Counter >= first && n.name(b.Time, 0) == plain {
			first = b.Counter + 1
		}
	}
	return first, nil
}

func taken(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
