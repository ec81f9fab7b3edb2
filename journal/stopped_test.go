//go:build unix

package journal

import (
	"syscall"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/internal/crashtest"
)

func TestAProcessThatIsStoppedAndGoesOnLosesNothing(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		c := newCrashRun(t, b)
		p := c.start(32)
		for range crashtest.Size(1, 4) {
			before := p.Accepted()
			awaitAccepted(t, p, before+2000)
			tell(t, p, syscall.SIGSTOP)
			time.Sleep(graceAfterFault + graceAfterFault/5) // longer than any grace that a claim has: what the clock says then is not the producers' fault
			tell(t, p, syscall.SIGCONT)
		}
		awaitAccepted(t, p, p.Accepted()+2000)
		p.Kill()
		c.tally.Run(p)
		c.check(c.finish(), 128)
	})
}

func awaitAccepted(t *testing.T, p *crashtest.Process, n uint64) {
	t.Helper()
	for late := time.Now().Add(30 * time.Second); p.Accepted() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("%d records were accepted, want %d", p.Accepted(), n)
		}
	}
}

func tell(t *testing.T, p *crashtest.Process, s syscall.Signal) {
	t.Helper()
	if err := p.Cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
