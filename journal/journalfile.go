package journal

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// File JOURNAL, little endian. It says whose the directory is. Nothing depends on it: when it is
// lost or damaged the journal gets a new id, and the segments are read all the same.
//
//	0     8   magic LOGJHOME
//	8     2   version; later versions keep these two fields and the CRC
//	12    4   length of the body
//	16    16  id of the journal
//	32    8   when it was made, unix ns
//	40    8   hash of the boot id of the run that wrote it
//	48    4   CRC32C of the body
//	508   4   CRC32C of bytes 0 to 507
//	512   512 mark A: generation, position behind everything ever given out, flags; CRC32C
//	1024  512 mark B
//	1536  ... body: JSON
const (
	journalFileName = "JOURNAL"
	journalFileTemp = "JOURNAL.tmp"

	offMarkA   = 512
	offMarkB   = 1024
	offBody    = 1536
	maxBody    = 1 << 20
	minJournal = 4096

	markClean = 1 // the run that wrote the mark closed the journal
	maxFormer = 16
)

var (
	journalMagic = [8]byte{'L', 'O', 'G', 'J', 'H', 'O', 'M', 'E'}
	markMagic    = [8]byte{'L', 'O', 'G', 'J', 'M', 'A', 'R', 'K'}
)

// identity is what JOURNAL holds.
type identity struct {
	version uint16
	id      [16]byte
	created int64 // unix ns
	boot    uint64
	mark    mark
	body    identityBody
}

type identityBody struct {
	Program      string            `json:"program"`
	Name         string            `json:"name"`
	Destinations map[string]uint64 `json:"destinations,omitempty"` // name: hash of type and address
	// Lost says that Destinations is not what earlier runs had: JOURNAL was lost, and written anew without knowing it.
	Lost bool `json:"lost,omitempty"`
	// Former are ids that segments here still carry: of before JOURNAL was lost, or of before a reboot that came without a close.
	Former []journalID `json:"former,omitempty"`
}

func (b *identityBody) equal(o *identityBody) bool {
	return b.Program == o.Program && b.Name == o.Name && b.Lost == o.Lost &&
		maps.Equal(b.Destinations, o.Destinations) && slices.Equal(b.Former, o.Former)
}

// mark is a hint of how far positions were given out.
type mark struct {
	generation uint64
	next       uint64 // no position at or behind it was ever given out, if clean
	flags      uint32
}

// journalID is an id in JSON.
type journalID [16]byte

func (u journalID) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, u[:]), nil }

func (u *journalID) UnmarshalText(b []byte) error {
	if len(b) != hex.EncodedLen(len(u)) {
		return errors.New("an id has 32 hexadecimal digits")
	}
	_, err := hex.Decode(u[:], b)
	return err
}

func newID() (id [16]byte) {
	_, _ = rand.Read(id[:]) // never fails
	return id
}

// knows says whether segments and cursors with this id belong here.
func (i *identity) knows(id [16]byte) bool {
	if id == i.id {
		return true
	}
	for _, f := range i.body.Former {
		if id == f {
			return true
		}
	}
	return false
}

// encode returns the whole file.
func (i *identity) encode() ([]byte, error) {
	body, err := json.Marshal(&i.body)
	if err != nil {
		return nil, err
	}
	b := make([]byte, max(minJournal, offBody+len(body)))
	le := binary.LittleEndian
	copy(b, journalMagic[:])
	le.PutUint16(b[8:], formatVersion)
	le.PutUint32(b[12:], uint32(len(body)))
	copy(b[16:], i.id[:])
	le.PutUint64(b[32:], uint64(i.created))
	le.PutUint64(b[40:], i.boot)
	le.PutUint32(b[48:], crc32.Checksum(body, castagnoli))
	le.PutUint32(b[508:], crc32.Checksum(b[:508], castagnoli))
	i.mark.encode(b[i.mark.place():])
	copy(b[offBody:], body)
	return b, nil
}

// place is where the mark goes: the one of the generation before stays whole.
func (m *mark) place() int64 {
	if m.generation%2 == 1 {
		return offMarkB
	}
	return offMarkA
}

func (m *mark) encode(b []byte) {
	b = b[:sectorLn]
	clear(b)
	le := binary.LittleEndian
	copy(b, markMagic[:])
	le.PutUint64(b[8:], m.generation)
	le.PutUint64(b[16:], m.next)
	le.PutUint32(b[24:], m.flags)
	le.PutUint32(b[508:], crc32.Checksum(b[:508], castagnoli))
}

func parseMark(b []byte) (m mark, ok bool) {
	le := binary.LittleEndian
	if len(b) < sectorLn || [8]byte(b[:8]) != markMagic || le.Uint32(b[508:]) != crc32.Checksum(b[:508], castagnoli) {
		return m, false
	}
	return mark{generation: le.Uint64(b[8:]), next: le.Uint64(b[16:]), flags: le.Uint32(b[24:])}, true
}

// errVersion says that JOURNAL was written by a version that this one does not know.
type errVersion struct{ version uint16 }

func (e *errVersion) Error() string {
	return fmt.Sprintf("journal: JOURNAL has version %d, this program knows version %d", e.version, formatVersion)
}

var errDamaged = errors.New("journal: JOURNAL is damaged")

// parseIdentity reads the content of JOURNAL. Its errors are errDamaged and *errVersion.
func parseIdentity(b []byte) (*identity, error) {
	le := binary.LittleEndian
	if len(b) < sectorLn || [8]byte(b[:8]) != journalMagic || le.Uint32(b[508:]) != crc32.Checksum(b[:508], castagnoli) {
		return nil, errDamaged
	}
	i := &identity{version: le.Uint16(b[8:])}
	if i.version != formatVersion {
		return nil, &errVersion{i.version}
	}
	n := uint64(le.Uint32(b[12:]))
	if n > maxBody || uint64(len(b)) < offBody+n {
		return nil, errDamaged
	}
	body := b[offBody : offBody+n]
	if crc32.Checksum(body, castagnoli) != le.Uint32(b[48:]) || json.Unmarshal(body, &i.body) != nil {
		return nil, errDamaged
	}
	copy(i.id[:], b[16:])
	i.created, i.boot = int64(le.Uint64(b[32:])), le.Uint64(b[40:])
	for _, off := range []int{offMarkA, offMarkB} {
		if m, ok := parseMark(b[off:]); ok && m.generation >= i.mark.generation {
			i.mark = m
		}
	}
	return i, nil
}

// readIdentity reads JOURNAL of a directory. Where there is none it returns nil and no error.
func readIdentity(fs vfs.FS, dir string) (*identity, error) {
	f, err := fs.OpenFile(filepath.Join(dir, journalFileName), os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	b := make([]byte, min(size, offBody+maxBody))
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errDamaged
	}
	return parseIdentity(b[:n])
}

// writeIdentity replaces JOURNAL. Without durable nothing is synced: a loss is only an id.
func writeIdentity(fs vfs.FS, dir string, i *identity, durable bool) error {
	b, err := i.encode()
	if err != nil {
		return err
	}
	temp := filepath.Join(dir, journalFileTemp)
	f, err := fs.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, 0)
	if err == nil && durable {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, ignoreMissing(fs.Remove(temp)))
	}
	if err := fs.Rename(temp, filepath.Join(dir, journalFileName)); err != nil {
		return err
	}
	if durable {
		return fs.SyncDir(dir)
	}
	return nil
}

// writeMark records in place how far positions were given out. It writes the older of the two marks.
func writeMark(fs vfs.FS, dir string, m mark, durable bool) error {
	f, err := fs.OpenFile(filepath.Join(dir, journalFileName), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	var b [sectorLn]byte
	m.encode(b[:])
	_, err = f.WriteAt(b[:], m.place())
	if err == nil && durable {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// makeIdentity makes the identity of a run: that of the earlier run, with what o says now.
func makeIdentity(old *identity, o *Options, boot uint64) *identity {
	i := &identity{version: formatVersion, id: newID(), created: time.Now().UnixNano(), boot: boot}
	i.body = identityBody{Program: o.Program, Name: o.Name, Destinations: o.Destinations}
	i.body.Lost = o.Destinations == nil && (old == nil || old.body.Lost)
	if old == nil {
		return i
	}
	i.body.Former = append(i.body.Former, old.body.Former...)
	i.mark.generation = old.mark.generation
	if old.boot != boot && old.mark.flags&markClean == 0 {
		// The machine went down under the journal: records may have been delivered that no file
		// here knows of. Their ids must not be given to others, or a receiver takes those for duplicates.
		i.body.Former = append(i.body.Former, journalID(old.id))
		return i
	}
	i.id, i.created = old.id, old.created
	return i
}
