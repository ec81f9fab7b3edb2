package deadletter

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Stats is what a directory holds.
type Stats struct {
	Letters uint64
	Bytes   int64
	Oldest  time.Time // when the oldest letter died; zero without letters
	Evicted uint64    // letters that the limits have cost since Open
}

// Stats counts the letters. What has not changed since the last call is not read again.
func (s *Store) Stats() (Stats, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Stats{Evicted: s.evicted}
	names, err := s.list()
	if err != nil {
		return out, err
	}
	for _, name := range names {
		info, err := s.info(name, false)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, errNoLetters) {
			continue
		}
		if err != nil {
			return out, err
		}
		out.Letters += info.letters
		out.Bytes += info.size
		if out.Oldest.IsZero() {
			out.Oldest = info.oldest
		}
	}
	return out, nil
}

// Expire removes the files that are too old. Put does so too.
func (s *Store) Expire() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.o.fs.Lstat(s.dir); err != nil {
		return ignoreMissing(err)
	}
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	return s.evict(0)
}

// All calls f with each letter, the oldest first, until it returns false. What a letter points to is f's. Files that
// are no dead letters are named in the error, after the others were read.
func (s *Store) All(f func(l Letter) bool) error {
	names, err := s.list()
	if err != nil {
		return err
	}
	var errs []error
	more := true
	for _, name := range names {
		b, err := s.read(name)
		if err == nil {
			_, err = parse(b, func(l Letter, _ []byte) bool { more = f(l); return more })
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("%s: %w", filepath.Join(s.dir, name), err))
		}
		if !more {
			break
		}
	}
	return errors.Join(errs...)
}

// Remove removes letters, which were delivered or are given up. It survives a loss of power.
func (s *Store) Remove(ids map[ID]bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	names, err := s.list()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := s.removeFrom(name, ids); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) removeFrom(name string, ids map[ID]bool) error {
	info, err := s.info(name, true)
	if errors.Is(err, errNoLetters) {
		return nil
	}
	if err != nil {
		return err
	}
	hit := false
	for id := range info.ids {
		hit = hit || ids[id]
	}
	if !hit {
		return nil
	}
	b, err := s.read(name)
	if err != nil {
		return err
	}
	left := slices.Clone(header[:])
	if _, err := parse(b, func(l Letter, frame []byte) bool {
		if !ids[IDOf(&l)] {
			left = append(left, frame...)
		}
		return true
	}); err != nil {
		return err
	}
	delete(s.files, name)
	path := filepath.Join(s.dir, name)
	if len(left) == fileHeader {
		return errors.Join(s.o.fs.Remove(path), s.o.fs.SyncDir(s.dir))
	}
	return s.replace(path, left)
}

// replace puts another content in the place of a file, whole or not at all.
func (s *Store) replace(path string, content []byte) error {
	tmp := path + ".tmp"
	_ = s.o.fs.Remove(tmp) // of a process that died here
	f, err := s.o.fs.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(content, 0)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = s.o.fs.Remove(tmp)
		return err
	}
	if err := s.o.fs.Rename(tmp, path); err != nil {
		return err
	}
	return s.o.fs.SyncDir(s.dir)
}

// list are the names of the files, the oldest first.
func (s *Store) list() ([]string, error) {
	entries, err := s.o.fs.ReadDir(s.dir)
	if err != nil {
		return nil, ignoreMissing(err)
	}
	var out []string
	for _, e := range entries {
		if _, ok := number(e.Name()); ok && e.Type().IsRegular() {
			out = append(out, e.Name())
		}
	}
	slices.Sort(out)
	return out, nil
}

func number(name string) (uint64, bool) {
	hex, ok := strings.CutSuffix(name, suffix)
	n, err := strconv.ParseUint(hex, 16, 64)
	return n, ok && err == nil && len(hex) == 16
}

// after is the name of the file that follows.
func after(name string) string {
	n, _ := number(name)
	return fmt.Sprintf("%016x%s", n+1, suffix)
}

// info is what a file holds; it is read when it has changed since the last time.
func (s *Store) info(name string, withIDs bool) (fileInfo, error) {
	fi, err := s.o.fs.Lstat(filepath.Join(s.dir, name))
	if err != nil {
		return fileInfo{}, err
	}
	if have, ok := s.files[name]; ok && have.size == fi.Size() && have.mod.Equal(fi.ModTime()) && (have.ids != nil || !withIDs) {
		return have, nil
	}
	b, err := s.read(name)
	if err != nil {
		return fileInfo{}, err
	}
	info := fileInfo{size: int64(len(b)), mod: fi.ModTime()}
	if withIDs {
		info.ids = map[ID]struct{}{}
	}
	whole, err := parse(b, func(l Letter, _ []byte) bool {
		info.letters++
		if info.oldest.IsZero() {
			info.oldest = l.Died
		}
		if withIDs {
			info.ids[IDOf(&l)] = struct{}{}
		}
		return true
	})
	info.whole = int64(whole)
	if err == nil {
		s.files[name] = info
	}
	return info, err
}

func (s *Store) read(name string) ([]byte, error) {
	f, err := s.o.fs.OpenFile(filepath.Join(s.dir, name), os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(int(min(size, mostFile)) + bytes.MinRead)
	if _, err := io.Copy(&b, io.NewSectionReader(f, 0, size)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func checksum(s string) uint32 { return crc32.Checksum([]byte(s), castagnoli) }
