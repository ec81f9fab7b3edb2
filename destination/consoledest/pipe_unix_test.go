//go:build unix

package consoledest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pipe returns both ends of a pipe. The write end blocks, as the standard streams mostly do.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	r, w = os.NewFile(uintptr(fds[0]), "reader"), os.NewFile(uintptr(fds[1]), "pipe")
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// large is a batch that no pipe holds.
func large(attempt int) []string {
	lines := make([]string, 3000)
	for i := range lines {
		lines[i] = fmt.Sprintf("%06d %s", i, strings.Repeat("x", i%500))
	}
	return lines
}

func TestFullPipeThatNobodyReadsEndsWithTheContext(t *testing.T) {
	_, w := pipe(t)
	d := newDriver(t, w)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := d.Deliver(ctx, batchOf(1, large(1)...))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "pipe") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestBatchThatAPipeTookInPartIsCompletedNotRepeated(t *testing.T) {
	r, w := pipe(t)
	d := newDriver(t, w)
	lines := append(large(1), strings.Repeat("y", 3*pieceSize))
	b := batchOf(1, lines...)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := d.Deliver(ctx, b); err == nil {
		t.Fatal("the pipe took all")
	}
	read := make(chan []byte, 1)
	go func() { all, _ := io.ReadAll(r); read <- all }()
	b.Attempt = 2
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	d.Close(context.Background())
	w.Close()
	if got := <-read; !bytes.Equal(got, b.Data) {
		t.Errorf("the reader got %d bytes, want %d", len(got), len(b.Data))
	}
}

func TestAnotherBatchBeginsOnALineOfItsOwn(t *testing.T) {
	r, w := pipe(t)
	d := newDriver(t, w)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := d.Deliver(ctx, batchOf(1, strings.Repeat("y", 1<<20))); err == nil {
		t.Fatal("the pipe took all")
	}
	read := make(chan []byte, 1)
	go func() { all, _ := io.ReadAll(r); read <- all }()
	if err := d.Deliver(context.Background(), batchOf(1, "next")); err != nil {
		t.Fatal(err)
	}
	d.Close(context.Background())
	w.Close()
	if got := <-read; !bytes.HasSuffix(got, []byte("y\nnext\n")) {
		t.Errorf("it ends with %q", got[max(len(got)-20, 0):])
	}
}

func TestNonBlockingPipeIsWaitedFor(t *testing.T) {
	r, w := pipe(t)
	if err := unix.SetNonblock(int(w.Fd()), true); err != nil {
		t.Fatal(err)
	}
	d := newDriver(t, w)
	b := batchOf(1, large(1)...)
	read := make(chan []byte, 1)
	go func() { all, _ := io.ReadAll(r); read <- all }()
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	if flags, err := unix.FcntlInt(w.Fd(), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
		t.Error("the driver changed whether the stream blocks:", err)
	}
	d.Close(context.Background())
	w.Close()
	if got := <-read; !bytes.Equal(got, b.Data) {
		t.Errorf("the reader got %d bytes, want %d", len(got), len(b.Data))
	}
}

func TestLinesOfTwoWritersOfAPipeDoNotMix(t *testing.T) {
	for name, nonblock := range map[string]bool{"blocking": false, "non-blocking": true} {
		t.Run(name, func(t *testing.T) { twoWriters(t, nonblock) })
	}
}

// twoWriters fill a pipe; where it does not block, both find it full although there was room a moment ago.
func twoWriters(t *testing.T, nonblock bool) {
	r, w := pipe(t)
	if err := unix.SetNonblock(int(w.Fd()), nonblock); err != nil {
		t.Fatal(err)
	}
	a, b := newDriver(t, w), newDriver(t, w)
	done := make(chan error, 2)
	for i, d := range []*Driver{a, b} {
		line := strings.Repeat(string(rune('a'+i)), 700)
		lines := strings.Split(strings.Repeat(line+"\n", 999)+line, "\n")
		go func() { done <- d.Deliver(context.Background(), batchOf(1, lines...)) }()
	}
	read := make(chan []byte, 1)
	go func() { all, _ := io.ReadAll(r); read <- all }()
	if err := errors.Join(<-done, <-done); err != nil {
		t.Fatal(err)
	}
	a.Close(context.Background())
	b.Close(context.Background())
	w.Close()
	n := 0
	for line := range bytes.Lines(<-read) {
		if n++; len(line) != 701 || bytes.Count(line, line[:1]) != 700 {
			t.Fatalf("line %d is %q", n, line)
		}
	}
	if n != 2000 {
		t.Errorf("%d lines", n)
	}
}

func TestBrokenPipeIsAFailureThatIsRetried(t *testing.T) {
	r, w := pipe(t)
	d := newDriver(t, w)
	r.Close()
	for attempt := range 3 {
		if err := d.Deliver(context.Background(), batchOf(attempt+1, "a")); !errors.Is(err, unix.EPIPE) {
			t.Errorf("attempt %d: %v", attempt+1, err)
		}
	}
}

func TestStreamThatReplacesABrokenPipeGetsTheBatch(t *testing.T) {
	r, w := pipe(t)
	d := newDriver(t, w)
	r.Close()
	b := batchOf(1, "a", "b")
	if err := d.Deliver(context.Background(), b); err == nil {
		t.Fatal("the pipe is not broken")
	}
	r2, w2 := pipe(t)
	if err := replace(w2, w); err != nil {
		t.Fatal(err)
	}
	b.Attempt++
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 100)
	if n, err := r2.Read(got); err != nil || string(got[:n]) != "a\nb\n" {
		t.Errorf("got %q, %v", got[:n], err)
	}
}

// replace makes the descriptor of old lead to where that of f leads, as dup2 does.
func replace(f, old *os.File) error {
	if err := unix.Close(int(old.Fd())); err != nil {
		return err
	}
	n, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, int(old.Fd()))
	if err == nil && n != int(old.Fd()) {
		return fmt.Errorf("got descriptor %d in place of %d", n, old.Fd())
	}
	return err
}

func TestSocketAsStandardOutputIsWritten(t *testing.T) { // as under systemd
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "socket"), os.NewFile(uintptr(fds[1]), "peer")
	defer theirs.Close()
	d := newDriver(t, ours)
	b := batchOf(1, large(1)...)
	read := make(chan []byte, 1)
	go func() { all, _ := io.ReadAll(theirs); read <- all }()
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	d.Close(context.Background())
	ours.Close()
	if got := <-read; !bytes.Equal(got, b.Data) {
		t.Errorf("the reader got %d bytes, want %d", len(got), len(b.Data))
	}
}

// deafenedChild as first argument makes the test binary a program whose reader of standard output has gone.
const deafenedChild = "write-to-nobody"

func TestProgramOutlivesTheReaderOfItsStandardStreams(t *testing.T) {
	r, w := pipe(t)
	cmd := exec.Command(os.Args[0], deafenedChild)
	cmd.Stdout, cmd.Stderr = w, w
	r.Close()
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != survived {
		t.Errorf("it ended with %v", err)
	}
}

const survived = 7

func writeToNobody() int {
	for _, stream := range []string{"stdout", "stderr"} {
		d, err := New(Options{Stream: stream})
		if err != nil {
			return 1
		}
		for attempt := range 3 {
			if err := d.Deliver(context.Background(), batchOf(attempt+1, "a")); !errors.Is(err, syscall.EPIPE) {
				return 2
			}
		}
		if d.Close(context.Background()) != nil {
			return 3
		}
	}
	return survived
}

func BenchmarkPipe(b *testing.B) {
	r, w, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	go func() { _, _ = io.Copy(io.Discard, r) }()
	d, err := New(Options{File: w})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close(context.Background())
	lines := make([]string, 870)
	for i := range lines {
		lines[i] = strings.Repeat("x", 299)
	}
	batch := batchOf(1, lines...)
	b.SetBytes(int64(len(batch.Data)))
	for b.Loop() {
		if err := d.Deliver(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch.Items)), "ns/record")
}
