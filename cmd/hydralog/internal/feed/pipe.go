package feed

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/hydra-logger/hydra/cmd/hydralog/internal/capture"
	"github.com/hydra-logger/hydra/viewer/lines"
)

const (
	pipeRead   = 256 << 10
	quietPlain = 20 * time.Millisecond
	quietTrace = 250 * time.Millisecond
	// Linger is how long a pipe may be silent after the end was asked for.
	Linger = time.Second
)

type chunk struct {
	data []byte
	err  error
}

// Read accepts the lines of a pipe until it ends; or, after finish is closed, until nothing comes for a second.
// It reports whether the pipe ended.
func Read(r io.Reader, sink capture.Sink, finish <-chan struct{}) (ended bool, err error) {
	chunks, free := make(chan chunk), make(chan []byte, 2)
	free <- make([]byte, pipeRead)
	free <- make([]byte, pipeRead)
	stop := make(chan struct{})
	defer close(stop)
	go readChunks(r, chunks, free, stop)
	s := lines.Splitter{Emit: sink.Unit}
	s.Start(0)
	for {
		due, finished := timer(&s, isClosed(finish))
		var asked <-chan struct{}
		if !finished {
			asked = finish
		}
		select {
		case c := <-chunks:
			s.Write(c.data)
			if c.err != nil {
				s.End()
				return true, errors.Join(pipeError(c.err), sink.Flush())
			}
			free <- c.data[:cap(c.data)]
		case <-asked:
		case <-due:
			if held, _ := s.Holding(); !held {
				s.End()
				return false, sink.Flush()
			}
			s.Quiet()
		}
		if err := sink.Flush(); err != nil {
			return false, err
		}
	}
}

// readChunks reads until an error, the end of file being one.
func readChunks(r io.Reader, out chan<- chunk, free <-chan []byte, stop <-chan struct{}) {
	for {
		select {
		case buf := <-free:
			n, err := r.Read(buf)
			select {
			case out <- chunk{buf[:n], err}:
			case <-stop:
				return
			}
			if err != nil {
				return
			}
		case <-stop:
			return
		}
	}
}

// timer is when something is to be done though nothing comes; nil for never.
func timer(s *lines.Splitter, finished bool) (<-chan time.Time, bool) {
	held, trace := s.Holding()
	switch {
	case held && trace:
		return time.After(quietTrace), finished
	case held:
		return time.After(quietPlain), finished
	case finished:
		return time.After(Linger), finished
	}
	return nil, finished
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

func pipeError(err error) error {
	if err == io.EOF || errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
