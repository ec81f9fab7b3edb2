package journal

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// snapshot is every file of a directory with its content.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all[path] = string(b)
		return err
	}))
	return all
}

func TestCheckSaysWhatIsWrongAndChangesNothing(t *testing.T) {
	dir, _ := crowdedDir(t)
	before := snapshot(t, dir)
	r, err := Check(dir)
	must(t, err)
	if r.OK() || r.Program != "p" || r.Name != "n" || len(r.Cursors) != 1 || r.Cursors[0].Intent != 0x102000 {
		t.Errorf("%+v", r)
	}
	text := strings.Join(r.Problems, "\n")
	for _, word := range []string{"0000000000100000.seg: 128 bytes are no record, 1 records are missing", "another journal", "renamed",
		"0000000000200000.seg: 0 bytes are no record, 2 records are missing"} {
		if !strings.Contains(text, word) {
			t.Errorf("nothing is said of %q in\n%s", word, text)
		}
	}
	after := snapshot(t, dir)
	for path, content := range before {
		if after[path] != content {
			t.Errorf("%s has changed", path)
		}
	}
	for path := range after {
		if _, ok := before[path]; !ok {
			t.Errorf("%s is new", path)
		}
	}
}

func TestRepairMakesCheckContent(t *testing.T) {
	dir, want := crowdedDir(t)
	r, err := Repair(dir)
	must(t, err)
	if r.Recovery.Lost != 3 || r.Recovery.Segments != 3 || len(r.Notes) == 0 {
		t.Errorf("%+v", r)
	}
	c, err := Check(dir)
	must(t, err)
	if len(c.Problems) != 1 || !strings.Contains(c.Problems[0], "0000000000100000.seg: 128 bytes") {
		t.Errorf("problems %v", c.Problems) // the bad bytes stay where they are
	}
	if c.Cursors[0].Pending == 0 || c.Quarantine == 0 {
		t.Errorf("%+v", c)
	}
	var got []string
	must(t, Cat(dir, func(e Entry) error {
		got = append(got, string(e.Payload))
		return nil
	}))
	equal(t, got, want)
}

func TestCatTellsEveryRecordOfDamagedAndPrivateDirectories(t *testing.T) {
	dir := stateDir(t)
	w := writerFor(testID, 0x100000, 64<<10)
	w.put(1, 3, 77, payloadOf(0, 30))
	w.claimed(9, 9)
	w.put(4, 9, 78, append([]byte{1, 2, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9}, payloadOf(1, 30)...))
	w.save(t, dir)
	deadDir(t, dir, "p-7-x", &identityBody{Program: "p", Name: "n"})
	must(t, os.Remove(filepath.Join(dir, journalFileName)))
	var got []Entry
	must(t, Cat(dir, func(e Entry) error {
		e.Payload = bytes.Clone(e.Payload)
		got = append(got, e)
		return nil
	}))
	if len(got) != 3 || got[0].Position != 0x101000 || got[0].Tag != 77 || got[0].Priority != 3 || !got[0].Recovered ||
		got[1].Position != 0x201 || string(got[1].Payload) != string(payloadOf(1, 30)) || string(got[2].Payload) != string(payloadOf(1, 30)) {
		t.Errorf("%+v", got)
	}
	stop := errors.New("enough")
	if err := Cat(dir, func(Entry) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
}

func TestRepairWithoutJournalForgetsNoDestination(t *testing.T) {
	dir := stateDir(t)
	w := writerFor(testID, 0x100000, 64<<10)
	all := mixed(w, 4)
	w.save(t, dir)
	must(t, os.Remove(filepath.Join(dir, journalFileName)))
	_, err := Repair(dir)
	must(t, err)
	r := recoverTest(t, dir)
	equal(t, r.payloads(t), texts(all...))
	if r.known != nil {
		t.Errorf("known are %v: a destination without a cursor would start at the newest record", r.known)
	}
	if r := recoverTest(t, dir); r.known["d"] != 9 {
		t.Errorf("known are %v", r.known)
	}
}

func TestDirectoriesThatAreNoneAreNotTouched(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "report.txt"), nil, 0o600))
	if _, err := Check(dir); err == nil || !strings.Contains(err.Error(), "not a state directory") {
		t.Errorf("check: %v", err)
	}
	if _, err := Repair(dir); err == nil {
		t.Error("repair works on it")
	}
	if err := Cat(filepath.Join(dir, "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("cat: %v", err)
	}
	if got := filesIn(t, dir); len(got) != 1 {
		t.Errorf("files %v", got)
	}
}

func TestToolsRefuseOrReportADirectoryInUse(t *testing.T) {
	dir := stateDir(t)
	w := writerFor(testID, 0x100000, 64<<10)
	mixed(w, 4)
	w.save(t, dir)
	h, err := openHome(dir, testOptions(nil))
	must(t, err)
	defer h.lock.Close()
	if _, err := Repair(dir); !errors.Is(err, ErrBusy) {
		t.Errorf("repair: %v", err)
	}
	r, err := Check(dir)
	if err != nil || !r.OK() || !strings.Contains(r.InUse, "process ") {
		t.Errorf("check: %+v, %v", r, err)
	}
}
