package journal

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// hold opens dir as its owner for the test.
func hold(t *testing.T, dir string) (*home, *Options) {
	t.Helper()
	o := testOptions(vfs.OS{})
	h, err := openHome(dir, o)
	must(t, err)
	t.Cleanup(func() { _ = h.lock.Close() })
	return h, o
}

func privateDirs(t *testing.T, dir string) (names []string) {
	for _, name := range filesIn(t, dir) {
		if strings.HasPrefix(name, privatePrefix) {
			names = append(names, name)
		}
	}
	return names
}

// deadDir makes the directory of a dead process, with one record. Its JOURNAL says what body says; nil: it has none.
func deadDir(t *testing.T, root, name string, body *identityBody) string {
	t.Helper()
	dir := filepath.Join(root, name)
	must(t, os.Mkdir(dir, 0o700))
	must(t, os.WriteFile(filepath.Join(dir, lockFileName), nil, 0o600))
	if body != nil {
		_, boot := bootID()
		must(t, writeIdentity(vfs.OS{}, dir, &identity{id: testID, boot: boot, body: *body}, false))
	}
	w := writerFor(testID, 0x100000, 64<<10)
	w.add(payloadOf(1, 30))
	w.save(t, dir)
	return dir
}

func TestJournalsOfOthersAreLeftAloneAndReported(t *testing.T) {
	dir := stateDir(t)
	deadDir(t, dir, "p-1-ours", &identityBody{Program: "p", Name: "n"})
	deadDir(t, dir, "p-2-program", &identityBody{Program: "q", Name: "n"})
	deadDir(t, dir, "p-3-name", &identityBody{Program: "p", Name: "m"})
	deadDir(t, dir, "p-4-unknown", nil)
	h, o := hold(t, dir)
	for range 2 { // looking at them changes nothing
		adopted, events := adoptDead(h, o)
		if len(adopted) != 1 || len(events) != 3 {
			t.Fatalf("%d adopted, events %v", len(adopted), events)
		}
		for _, e := range events {
			if e.Kind != EventOrphan || !strings.Contains(e.Text, "left alone") {
				t.Errorf("event %v", e)
			}
		}
		must(t, adopted[0].home.lock.Close())
	}
	o.Program = "" // any program's
	if adopted, _ := adoptDead(h, o); len(adopted) != 2 {
		t.Errorf("%d adopted by one that takes any program's", len(adopted))
	}
}

func TestDeadProcessWithoutItsJournalFileIsKnownByItsLock(t *testing.T) {
	dir := stateDir(t)
	h, o := hold(t, dir)
	dead := deadDir(t, dir, "p-9-dead", nil)
	p, err := lockHome(o, dir, dead)
	must(t, err)
	must(t, p.lock.Close())
	adopted, events := adoptDead(h, o)
	if len(adopted) != 1 || len(events) != 0 || len(adopted[0].payloads(t)) != 1 || adopted[0].known != nil {
		t.Errorf("%d adopted, events %v", len(adopted), events)
	}
}

func TestEmptyDirectoriesOfDeadProcessesGo(t *testing.T) {
	dir := stateDir(t)
	h, o := hold(t, dir)
	must(t, os.Mkdir(filepath.Join(dir, "p-1-bare"), 0o700))
	must(t, os.Mkdir(filepath.Join(dir, "p-2-lock"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "p-2-lock", lockFileName), nil, 0o600))
	full := deadDir(t, dir, "p-3-drained", &identityBody{Program: "p", Name: "n"})
	must(t, os.Remove(segmentPath(full, 0x100000)))
	writerFor(testID, 0x200000, 64<<10).save(t, full)
	must(t, os.WriteFile(filepath.Join(full, "run"), []byte("{}"), 0o600))
	must(t, os.Mkdir(filepath.Join(full, quarantineDir), 0o700))
	must(t, os.WriteFile(filepath.Join(full, quarantineDir, "x.bad"), []byte("x"), 0o600))
	adopted, events := adoptDead(h, o)
	if len(adopted) != 0 || len(events) != 0 || len(privateDirs(t, dir)) != 0 {
		t.Errorf("%d adopted, events %v, left %v", len(adopted), events, privateDirs(t, dir))
	}
	if got := quarantined(t, dir); !slices.Equal(got, []string{"p-3-drained-x.bad"}) {
		t.Errorf("the quarantine has %v", got)
	}
}

func TestDamagedJournalOfADeadProcessDoesNotStopTheOthers(t *testing.T) {
	dir := stateDir(t)
	h, o := hold(t, dir)
	bad := deadDir(t, dir, "p-1-bad", &identityBody{Program: "p", Name: "n"})
	must(t, os.Chmod(bad, 0o777))
	deadDir(t, dir, "p-2-good", &identityBody{Program: "p", Name: "n"})
	must(t, os.Symlink(bad, filepath.Join(dir, "p-3-link")))
	adopted, events := adoptDead(h, o)
	if len(adopted) != 1 || len(events) != 1 {
		t.Errorf("%d adopted, events %v", len(adopted), events)
	}
}

func TestAdoptionKilledAtEveryChangeDeliversEachRecordOnce(t *testing.T) {
	for after := 0; ; after++ {
		dir := stateDir(t)
		dead := deadDir(t, dir, "p-1-a", &identityBody{Program: "p", Name: "n"})
		c, _ := openTestCursor(t, dead, "d")
		c.bind(testID)
		must(t, c.store(0x200000))
		delivered := dyingAdoption(t, dir, after)
		h, o := hold(t, dir)
		adopted, events := adoptDead(h, o)
		if len(events) != 0 {
			t.Fatalf("killed at change %d: events %v", after, events)
		}
		n := 0
		for _, r := range adopted {
			n += len(r.payloads(t))
			must(t, r.home.remove())
		}
		if delivered && n != 0 || !delivered && n != 1 || len(privateDirs(t, dir)) != 0 {
			t.Fatalf("killed at change %d: delivered before %v, now %d, left %v", after, delivered, n, privateDirs(t, dir))
		}
		must(t, h.lock.Close())
		if after > 40 {
			return
		}
	}
}

// dyingAdoption adopts in a process that dies after some changes. It says whether it had begun to remove the
// directory, which happens when its records are delivered and the cursors are stored.
func dyingAdoption(t *testing.T, dir string, after int) (delivered bool) {
	t.Helper()
	d := &dyingFS{FS: vfs.OS{}, left: after}
	defer d.die()
	segment := filepath.Join(dir, "p-1-a", "0000000000100000.seg")
	defer func() {
		if r := recover(); r != nil && r != any(errDied) {
			panic(r)
		}
		_, err := os.Stat(segment)
		delivered = os.IsNotExist(err)
		if _, err := os.Stat(cursorPath(filepath.Dir(segment), "d", 9)); err != nil && !delivered {
			t.Errorf("killed at change %d: the cursor went before the segment: its records would come again", after)
		}
	}()
	o := testOptions(d)
	h, err := openHome(dir, o)
	must(t, err)
	adopted, _ := adoptDead(h, o)
	for _, r := range adopted {
		must(t, r.home.remove())
	}
	return true
}
