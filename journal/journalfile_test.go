package journal

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hydra-logger/hydra/internal/vfs"
)

func TestGoldenJournalOfVersion1IsRead(t *testing.T) {
	body := `{"program":"shop","name":"main","destinations":{"file":17,"console":18},"former":["0a000000000000000000000000000000"]}`
	b := make([]byte, 4096)
	copy(b, "LOGJHOME\x01\x00")
	binary.LittleEndian.PutUint32(b[12:], uint32(len(body)))
	copy(b[16:], testID[:])
	binary.LittleEndian.PutUint64(b[32:], 5)
	binary.LittleEndian.PutUint64(b[40:], 6)
	binary.LittleEndian.PutUint32(b[48:], crcOf([]byte(body)))
	putCRC(b)
	for i, off := range []int{512, 1024} {
		copy(b[off:], "LOGJMARK")
		binary.LittleEndian.PutUint64(b[off+8:], uint64(i+1))
		binary.LittleEndian.PutUint64(b[off+16:], uint64(i+1)*0x100000)
		b[off+24] = byte(i)
		putCRC(b[off:])
	}
	copy(b[1536:], body)
	checkGolden(t, "JOURNAL", b)
	i, err := parseIdentity(b)
	must(t, err)
	if i.id != testID || i.created != 5 || i.boot != 6 || i.mark != (mark{2, 0x200000, markClean}) {
		t.Errorf("%+v", i)
	}
	if i.body.Program != "shop" || i.body.Name != "main" || i.body.Destinations["console"] != 18 || !i.knows([16]byte{10}) || i.knows([16]byte{11}) {
		t.Errorf("%+v", i.body)
	}
}

func TestDamagedJournalMeansANewIDAndNothingElse(t *testing.T) {
	for _, damage := range []func(b []byte) []byte{
		func(b []byte) []byte { b[20] ^= 1; return b },
		func(b []byte) []byte { b[1540] ^= 1; return b },
		func(b []byte) []byte { return b[:700] },
		func(b []byte) []byte { return nil },
		func(b []byte) []byte { b[13] = 0xff; putCRC(b); return b },
	} {
		dir := stateDir(t)
		w := writerFor(testID, 0x100000, 64<<10)
		all := mixed(w, 10)
		w.save(t, dir)
		c, _ := openTestCursor(t, dir, "d")
		c.bind(testID)
		must(t, c.store(0x101000))
		path := filepath.Join(dir, journalFileName)
		b, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(path, damage(b), 0o600))
		r := recoverTest(t, dir)
		equal(t, r.payloads(t), texts(all...))
		if r.identity.id == testID || r.known != nil || r.cursors[destinationKey{"d", 9}].acked != 0x101000 || !r.has(EventCorruption) {
			t.Errorf("id %x, known %v, cursors %v", r.identity.id, r.known, r.cursors)
		}
		if again := recoverTest(t, dir); again.identity.id != r.identity.id || again.has(EventCorruption) {
			t.Errorf("the second start says %v", again.events)
		}
	}
}

func TestIDChangesOnlyWhenTheMachineWentDownUnderTheJournal(t *testing.T) {
	_, boot := bootID()
	for _, c := range []struct {
		boot  uint64
		flags uint32
		same  bool
	}{{boot, 0, true}, {boot, markClean, true}, {boot + 1, markClean, true}, {boot + 1, 0, false}} {
		dir := stateDir(t)
		i := &identity{id: testID, boot: c.boot, mark: mark{generation: 1, next: 0x500000, flags: c.flags}}
		must(t, writeIdentity(vfs.OS{}, dir, i, false))
		w := writerFor(testID, 0x100000, 64<<10)
		all := mixed(w, 4)
		w.save(t, dir)
		r := recoverTest(t, dir)
		equal(t, r.payloads(t), texts(all...))
		if (r.identity.id == testID) != c.same || !r.identity.knows(testID) || r.nextBase < 0x500000 {
			t.Errorf("%+v: id %x, next %#x", c, r.identity.id, r.nextBase)
		}
	}
}

func TestCleanEndIsRemembered(t *testing.T) {
	dir := stateDir(t)
	r := recoverTest(t, dir)
	must(t, r.closeMark(0x7000000, true))
	i, err := readIdentity(vfs.OS{}, dir)
	if err != nil || i.mark.next != 0x7000000 || i.mark.flags != markClean || i.id != testID {
		t.Fatalf("%+v, %v", i, err)
	}
	if r := recoverTest(t, dir); r.nextBase < 0x7000000 || r.identity.mark.flags != 0 {
		t.Errorf("next %#x, mark %+v", r.nextBase, r.identity.mark)
	}
}

func TestFormerIDsAreForgottenWithTheirSegments(t *testing.T) {
	dir := stateDir(t)
	i, err := readIdentity(vfs.OS{}, dir)
	must(t, err)
	i.body.Former = []journalID{{1}, {2}}
	must(t, writeIdentity(vfs.OS{}, dir, i, false))
	w := writerFor([16]byte{2}, 0x100000, 64<<10)
	mixed(w, 4)
	w.save(t, dir)
	if r := recoverTest(t, dir); len(r.identity.body.Former) != 1 || !r.identity.knows([16]byte{2}) {
		t.Errorf("former %x", r.identity.body.Former)
	}
}

func TestVersionIsTheOnlyThingReadOfALaterJournal(t *testing.T) {
	b := make([]byte, 512)
	copy(b, "LOGJHOME\x09\x00")
	putCRC(b)
	var version *errVersion
	if _, err := parseIdentity(b); !errors.As(err, &version) || version.version != 9 {
		t.Errorf("error %v", err)
	}
}
