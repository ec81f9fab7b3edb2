package deadletter

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/internal/vfs"
)

// Options are the limits of a directory.
type Options struct {
	// MaxBytes bounds its files. Default: 64 MiB.
	MaxBytes int64
	// MaxAge is how long letters are kept. A file goes when its newest one is older. Default: 30 days; below 0: without limit.
	MaxAge time.Duration
	// OnEvict is told how many letters a limit has cost. It must not block. Default: nobody is.
	OnEvict func(letters uint64, why string)

	fs vfs.FS // in tests
}

const (
	defaultBytes = 64 << 20
	defaultAge   = 30 * 24 * time.Hour
	mostFile     = 8 << 20 // of one file, but for a larger letter
	leastFile    = 4 << 10

	lockFile = "LOCK"
	suffix   = ".dead"

	lockWait  = 2 * time.Second
	lockPause = 10 * time.Millisecond
)

// Store is the directory of one destination. Its methods are safe for concurrent use. It holds no file open.
type Store struct {
	dir string
	o   Options

	mu      sync.Mutex
	files   map[string]fileInfo // what is known of files, by name
	evicted uint64
}

// fileInfo is what a file of a certain size holds.
type fileInfo struct {
	size    int64
	mod     time.Time
	whole   int64 // bytes before the first frame that is not whole
	letters uint64
	oldest  time.Time
	ids     map[ID]struct{} // nil: not read yet
}

var _ destination.DeadLetters = (*Store)(nil)

// Open returns the store of a directory. Nothing is made before the first letter.
func Open(dir string, o Options) *Store {
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultBytes
	}
	if o.MaxAge == 0 {
		o.MaxAge = defaultAge
	}
	if o.fs == nil {
		o.fs = vfs.OS{}
	}
	return &Store{dir: dir, o: o, files: map[string]fileInfo{}}
}

// Dir is the directory.
func (s *Store) Dir() string { return s.dir }

// Put implements destination.DeadLetters: the letters are on the disk when it returns nil. A letter of a recovered
// record that is there already is not written again.
func (s *Store) Put(letters []Letter) (done destination.Buried, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.makeDir(); err != nil {
		return done, err
	}
	unlock, err := s.lock()
	if err != nil {
		return done, err
	}
	defer unlock()
	known, err := s.known(letters)
	if err != nil {
		return done, err
	}
	var chunk []byte
	for i := range letters {
		l := &letters[i]
		switch size := frameSize(l); {
		case int64(size)+fileHeader > s.o.MaxBytes:
			done.Refused++
			continue
		case l.Recovered && known[IDOf(l)]:
			done.Known++
			continue
		case len(chunk) > 0 && int64(len(chunk)+size) > s.fileSize():
			if err := s.write(chunk); err != nil {
				return destination.Buried{}, err
			}
			chunk = chunk[:0]
		}
		chunk = appendFrame(chunk, l)
	}
	if len(chunk) > 0 {
		err = s.write(chunk)
	}
	if err != nil {
		return destination.Buried{}, err
	}
	return done, nil
}

// fileSize is the size from which on a new file is begun.
func (s *Store) fileSize() int64 { return min(mostFile, max(leastFile, s.o.MaxBytes/8)) }

// known are those of the letters that an earlier run may have written, and has.
func (s *Store) known(letters []Letter) (map[ID]bool, error) {
	out := map[ID]bool{}
	recovered := false
	for i := range letters {
		recovered = recovered || letters[i].Recovered
	}
	if !recovered {
		return out, nil
	}
	names, err := s.list()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		info, err := s.info(name, true)
		if errors.Is(err, errNoLetters) || errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for i := range letters {
			if _, ok := info.ids[IDOf(&letters[i])]; ok {
				out[IDOf(&letters[i])] = true
			}
		}
	}
	return out, nil
}

// write appends frames to the last file, or begins one, and makes them durable.
func (s *Store) write(frames []byte) error {
	if err := s.evict(int64(len(frames)) + fileHeader); err != nil {
		return err
	}
	names, err := s.list()
	if err != nil {
		return err
	}
	name, at := fmt.Sprintf("%016x%s", 1, suffix), int64(0)
	if len(names) > 0 {
		last := names[len(names)-1]
		info, err := s.info(last, false)
		if err == nil && info.size == info.whole && info.size >= fileHeader && info.size+int64(len(frames)) <= s.fileSize() {
			name, at = last, info.size
		} else {
			name = after(last)
		}
	}
	return s.append(name, at, frames)
}

func (s *Store) append(name string, at int64, frames []byte) error {
	flag := os.O_RDWR
	if at == 0 {
		flag |= os.O_CREATE | os.O_EXCL
		frames = append(header[:fileHeader:fileHeader], frames...)
	}
	f, err := s.o.fs.OpenFile(filepath.Join(s.dir, name), flag, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(frames, at)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		if at == 0 {
			_ = s.o.fs.Remove(filepath.Join(s.dir, name))
		} else {
			_ = f.Truncate(at) // else the part ends the file, and the next letter begins another
		}
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	delete(s.files, name)
	if at == 0 {
		return s.o.fs.SyncDir(s.dir)
	}
	return nil
}

// evict removes what is too old, and the oldest files until there is room for more bytes.
func (s *Store) evict(more int64) error {
	names, err := s.list()
	if err != nil {
		return err
	}
	total := more
	sizes := make([]int64, len(names))
	for i, name := range names {
		if fi, err := s.o.fs.Lstat(filepath.Join(s.dir, name)); err == nil {
			sizes[i] = fi.Size()
			total += fi.Size()
			if s.o.MaxAge > 0 && time.Since(fi.ModTime()) > s.o.MaxAge {
				if err := s.evictFile(name, "they were older than "+s.o.MaxAge.String()); err != nil {
					return err
				}
				total -= fi.Size()
				sizes[i] = 0
			}
		}
	}
	for i, name := range names {
		if total <= s.o.MaxBytes {
			return nil
		}
		if sizes[i] == 0 {
			continue
		}
		if err := s.evictFile(name, fmt.Sprintf("there is room for %d bytes", s.o.MaxBytes)); err != nil {
			return err
		}
		total -= sizes[i]
	}
	return nil
}

func (s *Store) evictFile(name, why string) error {
	info, _ := s.info(name, false) // of a file that can't be read, nothing is known
	if err := s.o.fs.Remove(filepath.Join(s.dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	delete(s.files, name)
	s.evicted += info.letters
	if s.o.OnEvict != nil && info.letters > 0 {
		s.o.OnEvict(info.letters, why)
	}
	return nil
}

// makeDir makes the directory and the one above it.
func (s *Store) makeDir() error {
	for _, dir := range []string{filepath.Dir(s.dir), s.dir} {
		err := s.o.fs.Mkdir(dir, 0o700)
		if err == nil {
			err = s.o.fs.SyncDir(filepath.Dir(dir))
		}
		if err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		fi, err := s.o.fs.Lstat(dir)
		if err != nil {
			return err
		}
		if !fi.IsDir() {
			return fmt.Errorf("deadletter: %s is not a directory", dir)
		}
	}
	return nil
}

// lock keeps other processes from changing files.
func (s *Store) lock() (unlock func(), err error) {
	f, err := s.o.fs.OpenFile(filepath.Join(s.dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for waited := time.Duration(0); ; waited += lockPause {
		err = f.Lock()
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, vfs.ErrLocked) || waited >= lockWait {
			return nil, errors.Join(fmt.Errorf("deadletter: %s: %w", s.dir, err), f.Close())
		}
		time.Sleep(lockPause)
	}
}

// DirName makes a destination's name the name of its directory.
func DirName(destination string) string {
	var b strings.Builder
	for i := range len(destination) {
		c := destination[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	if b.Len() > 200 {
		return b.String()[:180] + fmt.Sprintf("-%08x", checksum(destination))
	}
	return b.String()
}
