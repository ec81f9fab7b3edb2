package socketdest

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination/dial"
)

func TestABadAddressIsRefusedByNew(t *testing.T) {
	for _, o := range []Options{
		{}, {Address: "host"}, {Address: "host:0"}, {Address: "host:port"}, {Address: ":1"},
		{Network: "unix"}, {Network: "udp", Address: "host:1"}, {Address: "host:1", Framing: "frames"},
		{Address: "host:1", TLS: &dial.TLS{CA: "/nowhere"}}, {Address: "host:1", TLS: &dial.TLS{Cert: "x"}},
		{Network: "unix", Address: "/x", TLS: &dial.TLS{}},
	} {
		if d, err := New(o); err == nil {
			t.Errorf("%+v was taken: %v", o, d)
		}
	}
}

func TestARestartOfTheServerLosesNothingThatItsProgramHadNotRead(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			s := newServer(t, network, FramingOctet)
			d := newDriver(t, Options{Network: network, Address: s.address, Framing: FramingOctet, Timeout: 2 * time.Second})
			const batches, size = 200, 50
			for i := range batches {
				switch i {
				case 60, 120:
					s.stop() // whatever is on its way or unread is lost
					s.start()
				}
				insist(t, d, batchOf(numbered(i*size, size)...))
			}
			got := s.records()
			seen := map[string]bool{}
			for _, r := range got {
				seen[r] = true
			}
			for _, r := range numbered(0, batches*size) {
				if !seen[r] {
					t.Fatalf("%q is lost", r)
				}
			}
			t.Logf("%d records, %d came again", len(got), s.again)
		})
	}
}

func TestWhatLayUnreadInADeadServerComesAgain(t *testing.T) {
	s := newServer(t, "tcp", FramingNewline)
	d := newDriver(t, Options{Address: s.address})
	must(t, d.Deliver(context.Background(), batchOf("first")))
	s.records()
	s.block(true)
	must(t, d.Deliver(context.Background(), batchOf("second"))) // the kernel has it, the program not
	must(t, d.Deliver(context.Background(), batchOf("third")))
	s.stop()
	s.block(false)
	s.start()
	insist(t, d, batchOf("fourth"))
	if got := strings.Join(s.records(), " "); got != "first second third fourth" {
		t.Errorf("arrived: %s", got)
	}
}

func TestNothingComesAgainWhereThatIsSwitchedOff(t *testing.T) {
	s := newServer(t, "tcp", FramingNewline)
	d := newDriver(t, Options{Address: s.address, Resend: -1})
	must(t, d.Deliver(context.Background(), batchOf("first")))
	s.records()
	s.stop()
	s.start()
	insist(t, d, batchOf("second"))
	if got := strings.Join(s.records(), " "); got != "first second" || s.again != 0 {
		t.Errorf("arrived: %s, %d again", got, s.again)
	}
}

func TestAServerThatHangsUpAtOnceHasTakenNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond) // as an intermediary that looks for the server behind it
			_ = c.Close()
		}
	}()
	d := newDriver(t, Options{Address: l.Addr().String()})
	for range 3 {
		if err := d.Deliver(context.Background(), batchOf("lost")); err == nil {
			t.Error("a batch counts as delivered")
		}
	}
	_ = l.Close()
	<-done
}

func TestAServerThatTakesNothingIsGivenUpAfterTheTimeout(t *testing.T) {
	s := newServer(t, "tcp", FramingNewline)
	d := newDriver(t, Options{Address: s.address, Timeout: 100 * time.Millisecond})
	s.block(true)
	err := d.Deliver(context.Background(), batchOf(strings.Repeat("x", 16<<20)))
	if !errors.Is(err, errStuck) {
		t.Errorf("%v", err)
	}
}

func TestErrorsNameTheTargetAndTheCause(t *testing.T) {
	d := newDriver(t, Options{Network: "unix", Address: filepath.Join(t.TempDir(), "none")})
	if err := d.Deliver(context.Background(), batchOf("x")); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("%v", err)
	}
	d = newDriver(t, Options{Address: "nowhere.invalid:1"})
	if err := d.Deliver(context.Background(), batchOf("x")); err == nil || !strings.Contains(err.Error(), "nowhere.invalid") {
		t.Errorf("%v", err)
	}
}

func TestTheWindowKeepsWhatWasSentLast(t *testing.T) {
	w := window{limit: 100}
	line := strings.Repeat("x", 29)
	for range 50 {
		w.add([]byte(line + "\n"))
		if n := len(w.all()); n > 200 || n%30 != 0 {
			t.Fatalf("%d bytes are kept", n)
		}
	}
	if len(w.all()) < 100 {
		t.Errorf("only %d bytes are kept", len(w.all()))
	}
	w.add([]byte(strings.Repeat("y", 1000)))
	if !strings.HasSuffix(string(w.all()), strings.Repeat("y", 1000)) {
		t.Error("the last batch is not kept whole")
	}
	if w.marks[0].at = time.Now().Add(-time.Hour); len(w.marks) == 1 && w.younger(time.Minute) != nil {
		t.Error("what is old counts as young")
	}
}
