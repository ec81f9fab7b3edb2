package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// ErrBusy says that another process, or another journal of this one, holds the directory. See [BusyError].
var ErrBusy = errors.New("journal: the directory is in use")

// BusyError is an ErrBusy that names the holder, as far as it left its name in LOCK.
type BusyError struct {
	Dir   string
	PID   int // 0 if it is not known
	Host  string
	Since time.Time
}

func (e *BusyError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("journal: %s is in use by another process", e.Dir)
	}
	return fmt.Sprintf("journal: %s is in use by process %d on %s since %s",
		e.Dir, e.PID, e.Host, e.Since.Format(time.RFC3339))
}

// Is makes errors.Is(err, ErrBusy) true.
func (e *BusyError) Is(target error) bool { return target == ErrBusy }

// lockPoll is how often a busy directory is tried again. There is no way to wait for
// a lock that can also be given up.
const lockPoll = 20 * time.Millisecond

// takeLock takes the lock of dir without waiting. It ends with the process, whatever ends that.
// A lock is never taken from a holder that lives, however long it has been stopped.
func takeLock(fsys vfs.FS, dir string) (vfs.File, error) {
	path := filepath.Join(dir, lockFileName)
	f, err := fsys.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Lock(); err != nil {
		if errors.Is(err, vfs.ErrLocked) {
			err = busyError(f, dir)
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// signLock leaves the holder's name in LOCK. It finds out, too, whether the file that is
// locked is the one that has the name: another process may have removed the directory between open and lock.
func signLock(o *Options, f vfs.File, path string) error {
	host, _ := os.Hostname() // for people only
	boot, _ := bootID()
	id := newID()
	text := fmt.Sprintf("pid=%d\nhost=%s\nboot=%s\nstart=%s\nprogram=%q\nname=%q\ntoken=%x\n",
		os.Getpid(), host, boot, time.Now().UTC().Format(time.RFC3339Nano), o.Program, o.Name, id)
	if _, err := f.WriteAt([]byte(text), 0); err != nil {
		return nil // a full disk keeps nobody from reading what is there
	}
	if err := f.Truncate(int64(len(text))); err != nil {
		return err
	}
	seen, err := readLock(o.FS, path)
	if err != nil {
		return err
	}
	if seen["token"] != fmt.Sprintf("%x", id) {
		return fmt.Errorf("journal: %s was replaced while it was locked", path)
	}
	return nil
}

func readLock(fsys vfs.FS, path string) (map[string]string, error) {
	f, err := fsys.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return lockFields(f)
}

func lockFields(f vfs.File) (map[string]string, error) {
	b := make([]byte, 4096)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	fields := map[string]string{}
	for line := range strings.Lines(string(b[:n])) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			continue
		}
		if plain, err := strconv.Unquote(value); err == nil {
			value = plain
		}
		fields[key] = value
	}
	return fields, nil
}

func busyError(f vfs.File, dir string) *BusyError {
	e := &BusyError{Dir: dir}
	fields, err := lockFields(f)
	if err != nil {
		return e
	}
	e.PID, _ = strconv.Atoi(fields["pid"]) // 0 if there is none
	e.Host = fields["host"]
	e.Since, _ = time.Parse(time.RFC3339Nano, fields["start"])
	return e
}

// waitHome tries for at most o.BusyWait. The last try's error is returned.
func waitHome(o *Options, root string) (*home, error) {
	end := time.Now().Add(o.BusyWait)
	for {
		h, err := lockHome(o, root, root)
		left := time.Until(end)
		if !errors.Is(err, ErrBusy) || left <= 0 {
			return h, err
		}
		time.Sleep(min(lockPoll, left))
	}
}

// bootID tells one start of the machine from another: as text, and as the number that headers hold.
// Where the system has none it is "" and 0.
func bootID() (string, uint64) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", 0
	}
	text := strings.TrimSpace(string(b))
	return text, hashText(text)
}
