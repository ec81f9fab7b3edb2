//go:build unix

package journal

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/internal/crashtest"
	"github.com/hydra-logger/hydra/internal/vfs"
)

// TestScanThatStopsAtAHoleWouldLoseWhatTheRealOneKeeps shows that the crash tests bite: on the directories
// that killed processes leave, a scan that ends at the first place without a record loses accepted records. A thread
// that the system does not run at the moment of the kill is made by one that stops for ever.
func TestScanThatStopsAtAHoleWouldLoseWhatTheRealOneKeeps(t *testing.T) {
	kills, bitten := crashtest.Size(8, 100), 0
	var real, strict uint64
	places := []int{failAfterClaim, failAfterMark, failHalfCopy, failBeforeCommit}
	for i := range kills {
		c := newCrashRun(t, BackendMapped)
		c.binary = withFailpoints(t)
		p := c.start(32, fmt.Sprintf("HYDRA_FAIL=%d:%d", places[i%len(places)], 200+137*i%5000), "HYDRA_FAIL_STALL=1")
		time.Sleep(time.Duration(20+10*(i%10)) * time.Millisecond)
		p.Kill()
		lostReal, lostStrict := scanLoss(t, c, p, false), scanLoss(t, c, p, true)
		real += lostReal
		strict += lostStrict
		if lostStrict > 0 {
			bitten++
		}
	}
	t.Logf("%d kills: the real scan lost %d records, the strict one %d in %d of them", kills, real, strict, bitten)
	if real != 0 {
		t.Errorf("the real scan lost %d records", real)
	}
	if bitten*2 <= kills {
		t.Errorf("the strict scan lost records in %d of %d kills: the test does not bite", bitten, kills)
	}
}

func TestNothingIsLostByKillsDuringRecovery(t *testing.T) {
	places := map[string]int{"segment done": failRecoveredSegment, "hole's header": failHoleHeader, "hole": failHoleWritten,
		"seal": failRecoverySeal, "identity": failRecoveredIdentity}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			c := newCrashRun(t, BackendMapped)
			c.binary = withFailpoints(t)
			for range crashtest.Size(1, 10) {
				p := c.start(16, fmt.Sprintf("HYDRA_FAIL=%d:300", failAfterMark), "HYDRA_FAIL_STALL=1")
				time.Sleep(30 * time.Millisecond)
				p.Kill()
				c.tally.Run(p)
				before := len(filesIn(t, c.dir))
				for range crashtest.Size(3, 10) {
					p := c.start(1, fmt.Sprintf("HYDRA_FAIL=%d:1", place))
					p.Kill() // where the place is not on the way any more, it is ready
					c.tally.Run(p)
				}
				if now := len(filesIn(t, c.dir)); now > before+12 {
					t.Errorf("%d files became %d", before, now)
				}
			}
			c.check(c.finish(), 128)
		})
	}
}

// scanLoss counts the accepted records of p that neither were delivered nor are found in the segments it left.
func scanLoss(t *testing.T, c *crashRun, p *crashtest.Process, strict bool) uint64 {
	t.Helper()
	count := &crashRun{t: t}
	count.tally.Run(p)
	count.read(filepath.Join(c.out, "delivered-1"))
	i, err := readIdentity(vfs.OS{}, c.dir)
	must(t, err)
	segments, err := filepath.Glob(filepath.Join(c.dir, "*"+segmentSuffix))
	must(t, err)
	for _, path := range segments {
		b, err := os.ReadFile(path)
		must(t, err)
		base, _ := segmentBase(filepath.Base(path))
		sc := newScan(bytes.NewReader(b), saltOf(i.id, base), base, uint64(len(b)), uint64(len(b)), headerPage)
		sc.strict = strict
		for it := sc.next(); it.kind != scanEnd; it = sc.next() {
			if it.kind == scanRecord {
				count.tally.Deliver(b[it.off+recordHeader : it.off+it.word&lengthMask])
			}
		}
	}
	return count.tally.Result().Lost
}
