package vfs

import (
	"io/fs"
	"strings"
	"sync"
)

// Fault is an FS that fails chosen calls of the one below it. It counts calls by
// operation name: open, mkdir, readdir, lstat, rename, remove, removeall, syncdir,
// usage, read, write, truncate, allocate, sync, map, unmap, lock, size, close.
// The zero value with FS set fails nothing and counts everything. Safe for concurrent use.
type Fault struct {
	FS FS

	mu     sync.Mutex
	counts map[string]int
	rules  []faultRule
}

type faultRule struct {
	op, part string
	from, to int // calls [from, to] of op fail, counted from 1; to 0: for ever
	err      error
	seen     int
}

var _ FS = (*Fault)(nil)

// Fail makes the n-th call of op from now on fail with err, counted from 1.
func (f *Fault) Fail(op string, n int, err error) { f.FailOn(op, "", n, n, err) }

// FailFrom makes every call of op fail with err, until [Fault.Heal].
func (f *Fault) FailFrom(op string, err error) { f.FailOn(op, "", 1, 0, err) }

// FailOn makes calls from to to (0: no end) of op fail, among those on files whose name contains part.
func (f *Fault) FailOn(op, part string, from, to int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, faultRule{op: op, part: part, from: from, to: to, err: err})
}

// Heal removes all rules.
func (f *Fault) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
}

// Counts returns how often each operation was called.
func (f *Fault) Counts() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make(map[string]int, len(f.counts))
	for op, n := range f.counts {
		out[op] = n
	}
	return out
}

// hit counts one call of op and says whether it fails.
func (f *Fault) hit(op, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = map[string]int{}
	}
	f.counts[op]++
	var err error
	for i := range f.rules {
		r := &f.rules[i]
		if r.op != op || !strings.Contains(name, r.part) {
			continue
		}
		r.seen++
		if err == nil && r.seen >= r.from && (r.to == 0 || r.seen <= r.to) {
			err = &fs.PathError{Op: op, Path: name, Err: r.err}
		}
	}
	return err
}

// OpenFile implements [FS].
func (f *Fault) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	if err := f.hit("open", name); err != nil {
		return nil, err
	}
	file, err := f.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &faultFile{File: file, f: f}, nil
}

// Mkdir implements [FS].
func (f *Fault) Mkdir(name string, perm fs.FileMode) error {
	if err := f.hit("mkdir", name); err != nil {
		return err
	}
	return f.FS.Mkdir(name, perm)
}

// ReadDir implements [FS].
func (f *Fault) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.hit("readdir", name); err != nil {
		return nil, err
	}
	return f.FS.ReadDir(name)
}

// Lstat implements [FS].
func (f *Fault) Lstat(name string) (fs.FileInfo, error) {
	if err := f.hit("lstat", name); err != nil {
		return nil, err
	}
	return f.FS.Lstat(name)
}

// Rename implements [FS].
func (f *Fault) Rename(from, to string) error {
	if err := f.hit("rename", to); err != nil {
		return err
	}
	return f.FS.Rename(from, to)
}

// Remove implements [FS].
func (f *Fault) Remove(name string) error {
	if err := f.hit("remove", name); err != nil {
		return err
	}
	return f.FS.Remove(name)
}

// RemoveAll implements [FS].
func (f *Fault) RemoveAll(name string) error {
	if err := f.hit("removeall", name); err != nil {
		return err
	}
	return f.FS.RemoveAll(name)
}

// SyncDir implements [FS].
func (f *Fault) SyncDir(name string) error {
	if err := f.hit("syncdir", name); err != nil {
		return err
	}
	return f.FS.SyncDir(name)
}

// Usage implements [FS].
func (f *Fault) Usage(name string) (Usage, error) {
	if err := f.hit("usage", name); err != nil {
		return Usage{}, err
	}
	return f.FS.Usage(name)
}

type faultFile struct {
	File
	f *Fault
}

func (f *faultFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.f.hit("read", f.Name()); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

// WriteAt fails after half of p, as a full disk does.
func (f *faultFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.f.hit("write", f.Name()); err != nil {
		n, _ := f.File.WriteAt(p[:len(p)/2], off)
		return n, err
	}
	return f.File.WriteAt(p, off)
}

func (f *faultFile) Truncate(size int64) error {
	if err := f.f.hit("truncate", f.Name()); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f *faultFile) Allocate(size int64) error {
	if err := f.f.hit("allocate", f.Name()); err != nil {
		return err
	}
	return f.File.Allocate(size)
}

func (f *faultFile) Sync() error {
	if err := f.f.hit("sync", f.Name()); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *faultFile) Map(size int64) ([]byte, error) {
	if err := f.f.hit("map", f.Name()); err != nil {
		return nil, err
	}
	return f.File.Map(size)
}

// MapAgain counts as a map.
func (f *faultFile) MapAgain(size, dirty int64) ([]byte, error) {
	if err := f.f.hit("map", f.Name()); err != nil {
		return nil, err
	}
	return f.File.MapAgain(size, dirty)
}

// Zero counts as a write.
func (f *faultFile) Zero(size int64) error {
	if err := f.f.hit("write", f.Name()); err != nil {
		_ = f.File.Zero(size / 2) // as far as a full disk gets
		return err
	}
	return f.File.Zero(size)
}

func (f *faultFile) Unmap(mem []byte) error {
	err := f.f.hit("unmap", f.Name())
	if uerr := f.File.Unmap(mem); uerr != nil {
		return uerr
	}
	return err
}

func (f *faultFile) Lock() error {
	if err := f.f.hit("lock", f.Name()); err != nil {
		return err
	}
	return f.File.Lock()
}

func (f *faultFile) Size() (int64, error) {
	if err := f.f.hit("size", f.Name()); err != nil {
		return 0, err
	}
	return f.File.Size()
}

func (f *faultFile) Close() error {
	err := f.f.hit("close", f.Name())
	if cerr := f.File.Close(); cerr != nil {
		return cerr
	}
	return err
}
