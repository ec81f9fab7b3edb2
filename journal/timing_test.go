package journal

import (
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// timedFS measures how long the calls of the file system take.
type timedFS struct {
	vfs.FS
	mu  sync.Mutex
	ops map[string]*opTime
}

type opTime struct {
	n        int
	sum, max time.Duration
}

func (t *timedFS) note(op string, since time.Time) {
	d := time.Since(since)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ops == nil {
		t.ops = map[string]*opTime{}
	}
	o := t.ops[op]
	if o == nil {
		o = &opTime{}
		t.ops[op] = o
	}
	o.n++
	o.sum += d
	o.max = max(o.max, d)
}

func (t *timedFS) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := ""
	for op, o := range t.ops {
		s += fmt.Sprintf("%s: %d calls, mean %v, max %v\n", op, o.n, o.sum/time.Duration(o.n), o.max)
	}
	return s
}

func (t *timedFS) OpenFile(name string, flag int, perm fs.FileMode) (vfs.File, error) {
	defer t.note("open", time.Now())
	f, err := t.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &timedFile{f, t}, nil
}

func (t *timedFS) Rename(a, b string) error {
	defer t.note("rename", time.Now())
	return t.FS.Rename(a, b)
}

func (t *timedFS) Remove(a string) error {
	defer t.note("remove", time.Now())
	return t.FS.Remove(a)
}

func (t *timedFS) Usage(a string) (vfs.Usage, error) {
	defer t.note("usage", time.Now())
	return t.FS.Usage(a)
}

type timedFile struct {
	vfs.File
	t *timedFS
}

func (f *timedFile) Allocate(n int64) error {
	defer f.t.note("allocate", time.Now())
	return f.File.Allocate(n)
}

func (f *timedFile) Map(n int64) ([]byte, error) {
	defer f.t.note("map", time.Now())
	return f.File.Map(n)
}

func (f *timedFile) MapAgain(n, dirty int64) ([]byte, error) {
	defer f.t.note("map again", time.Now())
	return f.File.MapAgain(n, dirty)
}

func (f *timedFile) Unmap(m []byte) error {
	defer f.t.note("unmap", time.Now())
	return f.File.Unmap(m)
}

func (f *timedFile) Writeback(o, n int64) error {
	defer f.t.note("writeback", time.Now())
	return f.File.Writeback(o, n)
}

func (f *timedFile) WriteAt(p []byte, off int64) (int, error) {
	defer f.t.note("write", time.Now())
	return f.File.WriteAt(p, off)
}

func (f *timedFile) Close() error {
	defer f.t.note("close", time.Now())
	return f.File.Close()
}
