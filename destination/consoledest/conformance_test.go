//go:build unix

package consoledest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hydra-logger/hydra/destination/destinationtest"
)

func TestDriverOfAFileKeepsTheRules(t *testing.T) {
	destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
		path := filepath.Join(t.TempDir(), "out")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return destinationtest.Harness{Driver: newDriver(t, f), Received: func() []byte {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Error(err)
			}
			return data
		}}
	})
}

func TestDriverOfAPipeKeepsTheRules(t *testing.T) {
	destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
		p := newFifo(t)
		return destinationtest.Harness{Driver: newDriver(t, p.writer), Received: p.received, Block: p.block, Break: p.breaks}
	})
}

// fifo is a named pipe whose reader can pause, go away and come back.
type fifo struct {
	t      *testing.T
	path   string
	writer *os.File

	mu     sync.Mutex // held by who reads, and while reading is blocked
	reader int
	data   []byte
	stop   chan struct{}
	ended  chan struct{}
}

func newFifo(t *testing.T) *fifo {
	p := &fifo{t: t, path: filepath.Join(t.TempDir(), "fifo"), stop: make(chan struct{}), ended: make(chan struct{})}
	if err := unix.Mkfifo(p.path, 0o600); err != nil {
		t.Fatal(err)
	}
	p.open()
	fd, err := unix.Open(p.path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	p.writer = os.NewFile(uintptr(fd), "fifo")
	go p.read()
	t.Cleanup(func() {
		close(p.stop)
		<-p.ended
		unix.Close(p.reader)
		p.writer.Close()
	})
	return p
}

func (p *fifo) open() {
	fd, err := unix.Open(p.path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		p.t.Error(err)
	}
	p.reader = fd
}

func (p *fifo) read() {
	defer close(p.ended)
	for {
		select {
		case <-p.stop:
			return
		case <-time.After(time.Millisecond):
			p.mu.Lock()
			p.drain()
			p.mu.Unlock()
		}
	}
}

func (p *fifo) drain() {
	buf := make([]byte, 1<<16)
	for {
		n, err := unix.Read(p.reader, buf)
		if n <= 0 || err != nil {
			return
		}
		p.data = append(p.data, buf[:n]...)
	}
}

func (p *fifo) received() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drain()
	return append([]byte{}, p.data...)
}

func (p *fifo) block() (unblock func()) {
	p.mu.Lock()
	return p.mu.Unlock
}

func (p *fifo) breaks() (mend func()) {
	p.mu.Lock()
	p.drain()
	unix.Close(p.reader)
	return func() {
		p.open()
		p.mu.Unlock()
	}
}
