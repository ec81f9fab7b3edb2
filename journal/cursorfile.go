package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// cursorFile keeps one destination's place. It is used by one goroutine at a time.
// The file is preallocated, so that acknowledgements are recorded on a full disk too.
type cursorFile struct {
	fs     vfs.FS
	path   string
	file   vfs.File
	cur    cursor
	slot   int  // that holds cur
	loaded bool // cur was read from the file, or written to it
	dirty  bool // written since the last sync
	buf    [sectorLn]byte
}

var _ cursorStore = (*cursorFile)(nil)

// openCursorFile opens or makes the cursor file of a destination. found is false where there was none,
// or none of its slots is whole.
func openCursorFile(fs vfs.FS, dir, name string, hash uint64) (c *cursorFile, found bool, err error) {
	if len(name) > cursorName {
		return nil, false, fmt.Errorf("journal: the name of a destination can have %d bytes, %q has %d", cursorName, name[:32]+"...", len(name))
	}
	sub := filepath.Join(dir, cursorDir)
	if err := makeDir(fs, sub, 0o700); err != nil {
		return nil, false, err
	}
	c = &cursorFile{fs: fs, path: cursorPath(dir, name, hash)}
	c.file, err = fs.OpenFile(c.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, err
	}
	if found, err = c.load(); err == nil {
		err = c.preallocate()
	}
	if err != nil {
		return nil, false, errors.Join(err, c.file.Close())
	}
	c.cur.name, c.cur.hash = name, hash
	return c, found, nil
}

func (c *cursorFile) load() (found bool, err error) {
	b := make([]byte, cursorBytes)
	n, err := c.file.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, nil // a bad place on the disk: as if both slots were bad
	}
	c.cur, c.slot, c.loaded = newestCursor(b[:n])
	return c.loaded, nil
}

// remake makes the file again, which somebody has removed.
func (c *cursorFile) remake() error {
	if err := makeDir(c.fs, filepath.Dir(c.path), 0o700); err != nil {
		return err
	}
	f, err := c.fs.OpenFile(c.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	old := c.file
	c.file, c.loaded = f, false
	return errors.Join(c.preallocate(), c.write(c.cur), old.Close())
}

func (c *cursorFile) preallocate() error {
	size, err := c.file.Size()
	if err != nil || size >= cursorBytes {
		return err
	}
	// Written, not allocated: a failed allocation cuts the file, and with it a slot that may be good.
	_, err = c.file.WriteAt(make([]byte, cursorBytes-size), size)
	return err
}

// write puts next into the slot that does not count, which makes it the one that does.
func (c *cursorFile) write(next cursor) error {
	slot := 0
	if c.loaded {
		slot = 1 - c.slot
	}
	next.generation = c.cur.generation + 1
	next.written = time.Now().UnixNano()
	next.encode(c.buf[:])
	if _, err := c.file.WriteAt(c.buf[:], int64(slot)*cursorSlot); err != nil {
		return err // the other slot is whole, and this one is tried again
	}
	c.cur, c.slot, c.loaded, c.dirty = next, slot, true, true
	return nil
}

// store records that everything before acked is done with. An intent that it covers is over.
func (c *cursorFile) store(acked uint64) error {
	next := c.cur
	next.acked = acked
	if next.intentEnd <= acked {
		next.intentEnd, next.state = 0, nil
	}
	return c.write(next)
}

// intent records that everything before end is being delivered, with up to 64 bytes of the driver.
func (c *cursorFile) intent(end uint64, state []byte) error {
	if len(state) > cursorState {
		return fmt.Errorf("journal: a driver's state of %d bytes: at most %d are kept", len(state), cursorState)
	}
	next := c.cur
	next.intentEnd, next.state = end, append([]byte(nil), state...)
	return c.write(next)
}

// pendingIntent is the intent that was stored and not followed by an acknowledgement; 0 if there is none.
func (c *cursorFile) pendingIntent() (end uint64, state []byte) {
	return c.cur.intentEnd, c.cur.state
}

// bind sets whose positions these are; it is stored with the next write.
func (c *cursorFile) bind(id [16]byte) { c.cur.id = id }

// count adds to the totals; they are stored with the next write.
func (c *cursorFile) count(delivered, dropped uint64) {
	c.cur.delivered += delivered
	c.cur.dropped += dropped
}

// sync makes what was written durable.
func (c *cursorFile) sync() error {
	if !c.dirty {
		return nil
	}
	if err := c.file.Sync(); err != nil {
		return err
	}
	c.dirty = false
	return nil
}

func (c *cursorFile) close(remove bool) error {
	err := c.file.Close()
	if remove {
		err = errors.Join(err, ignoreMissing(c.fs.Remove(c.path)))
	}
	return err
}

const cursorSuffix = ".cur"

// cursorFileName makes a file name of a destination's name and the hash of its type and address: one that
// changes gets a new cursor, and the old one stays with its records. Other bytes than small letters, digits, '-' and
// '_' are written as %xx; a name that gets too long is cut, and told apart by its own hash.
func cursorFileName(name string, hash uint64) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	if b.Len() > 100 {
		return fmt.Sprintf("%s-%016x.%016x%s", b.String()[:80], hashText(name), hash, cursorSuffix)
	}
	return fmt.Sprintf("%s.%016x%s", &b, hash, cursorSuffix)
}

func cursorPath(dir, name string, hash uint64) string {
	return filepath.Join(dir, cursorDir, cursorFileName(name, hash))
}

// destinationKey is what a cursor belongs to.
type destinationKey struct {
	name string
	hash uint64 // of type and address
}

// readCursors reads all cursor files of a directory. damaged are the files of which no slot is whole.
func readCursors(fs vfs.FS, dir string) (found map[destinationKey]cursor, damaged []string, err error) {
	found = map[destinationKey]cursor{}
	sub := filepath.Join(dir, cursorDir)
	entries, err := fs.ReadDir(sub)
	if err != nil {
		return found, nil, ignoreMissing(err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), cursorSuffix) {
			continue
		}
		path := filepath.Join(sub, e.Name())
		c, ok := readCursor(fs, path)
		if !ok || cursorFileName(c.name, c.hash) != e.Name() {
			damaged = append(damaged, path)
			continue
		}
		found[destinationKey{c.name, c.hash}] = c
	}
	return found, damaged, nil
}

func readCursor(fs vfs.FS, path string) (cursor, bool) {
	f, err := fs.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return cursor{}, false
	}
	defer f.Close()
	b := make([]byte, cursorBytes)
	n, _ := f.ReadAt(b, 0) // what can't be read has no slot
	c, _, ok := newestCursor(b[:n])
	return c, ok
}
