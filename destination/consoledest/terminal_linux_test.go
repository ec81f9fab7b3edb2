package consoledest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal returns both ends of a pseudo-terminal.
func terminal(t *testing.T) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	t.Cleanup(func() { screen.Close() })
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip("can't unlock a pseudo-terminal:", err)
	}
	tty, err = os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("can't open a pseudo-terminal:", err)
	}
	t.Cleanup(func() { tty.Close() })
	return screen, tty
}

func TestTerminalIsColoredUnlessItIsDumb(t *testing.T) {
	_, tty := terminal(t)
	noColors(t)
	if !IsTerminal(tty) || !Colors(nil, tty) {
		t.Error("a terminal is not coloured")
	}
	t.Setenv("TERM", "dumb")
	if Colors(nil, tty) {
		t.Error("a dumb terminal is coloured")
	}
}

func TestTerminalIsWritten(t *testing.T) {
	screen, tty := terminal(t)
	if err := newDriver(t, tty).Deliver(context.Background(), batchOf(1, "hello")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 100)
	n, err := screen.Read(got)
	if err != nil || string(got[:n]) != "hello\r\n" {
		t.Errorf("got %q, %v", got[:n], err)
	}
}
