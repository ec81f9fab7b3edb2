package journal

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// scanBytes returns the payloads that a scan of b finds.
func scanBytes(b []byte, id [16]byte, base uint64) (all []string) {
	sc := newScan(bytes.NewReader(b), saltOf(id, base), base, uint64(len(b)), uint64(len(b)), headerPage)
	for it := sc.next(); it.kind != scanEnd; it = sc.next() {
		if it.kind == scanRecord && recordType(it.header>>32&0xf) != typeHole {
			all = append(all, string(b[it.off+recordHeader:it.off+it.word&lengthMask]))
		}
	}
	return all
}

// FuzzRecovery recovers a directory whose one segment is arbitrary.
func FuzzRecovery(f *testing.F) {
	w := writerFor(testID, 0x100000, 8<<10)
	w.claimed(40, 10)
	mixed(w, 6)
	w.vanished(30)
	w.add(payloadOf(9, 40))
	f.Add(w.b)
	f.Add(w.b[:5000])
	w.seal()
	w.hint(w.off)
	f.Add(w.b)
	f.Add(w.b[:4096])
	f.Add([]byte{})
	f.Add([]byte("LOGJSEG1"))
	f.Add(bytes.Repeat([]byte{16, 0, 0, 0x80, 0, 0, 0, 0}, 1000))
	f.Add(bytes.Repeat([]byte{17, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}, 600))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := stateDir(t)
		path := segmentPath(dir, 0x100000)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		before := scanBytes(b, testID, 0x100000)
		begun := time.Now()
		r := recoverTest(t, dir)
		if d := time.Since(begun); d > 2*time.Second+time.Duration(len(b)>>20)*time.Second {
			t.Errorf("%d bytes took %v", len(b), d)
		}
		for i := range r.segments {
			if s := &r.segments[i]; s.end > uint64(s.size) {
				t.Errorf("end %d beyond size %d", s.end, s.size)
			}
		}
		again := recoverTest(t, dir)
		if again.report.Records != r.report.Records || len(again.payloads(t)) != len(r.payloads(t)) {
			t.Errorf("a second recovery finds %+v after %+v", again.report, r.report)
		}
		if got := r.payloads(t); r.report.Scanned == 1 && len(got) > len(before) {
			t.Errorf("%d records out of %d", len(got), len(before))
		}
		if _, err := check(vfs.OS{}, dir); err != nil {
			t.Error(err)
		}
	})
}

// FuzzCursorFile reads arbitrary bytes as a cursor file.
func FuzzCursorFile(f *testing.F) {
	b := make([]byte, cursorBytes)
	c := cursor{generation: 3, acked: 99, name: "d", state: []byte("state")}
	c.encode(b)
	f.Add(b)
	f.Add(b[:100])
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, slot, ok := newestCursor(b); ok {
			again := make([]byte, sectorLn)
			c.encode(again)
			if back, ok := parseCursor(again); !ok || back.acked != c.acked || back.name != c.name || slot > 1 {
				t.Errorf("%+v came back as %+v", c, back)
			}
		}
	})
}

// FuzzJournalFile reads arbitrary bytes as JOURNAL.
func FuzzJournalFile(f *testing.F) {
	i := identity{id: testID, body: identityBody{Program: "p", Name: "n", Destinations: map[string]uint64{"d": 1}}}
	b, err := i.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:600])
	f.Fuzz(func(t *testing.T, b []byte) {
		i, err := parseIdentity(b)
		if (err == nil) == (i == nil) {
			t.Errorf("identity %v and error %v", i, err)
		}
	})
}
