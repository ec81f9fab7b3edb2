package main

import (
	"io"
	"os"
)

// loop logs n records; seq of the i-th is first+i.
type loop func(first, n int)

// session is a logger that is open. A loop that a peer does not have is nil.
type session struct {
	fields0  loop // message alone
	fields5  loop
	fields10 loop
	varied10 loop // ten fields whose values differ; for the peers of table "http"
	fields20 loop // the ten fields twice, under other keys
	bound10  loop // ten fields bound to the logger, none at the call
	disabled loop // ten fields below the level

	drain func() error // until everything is delivered; nil: nothing to wait for
	close func() error // nil: nothing to close
	hydra *hydraProbe  // what else can be read from Hydra-Logger; nil for peers
}

func (s *session) drained() error {
	if s.drain == nil {
		return nil
	}
	return s.drain()
}

func (s *session) closed() error {
	if s.close == nil {
		return nil
	}
	return s.close()
}

// peer is one way to use one logger.
type peer struct {
	name string
	// toNowhere is nil for what makes sense with a file alone.
	toNowhere func(dir string) (*session, error)
	// toFile appends to the file at path; dir is for files of the logger's own.
	toFile func(path, dir string) (*session, error)
	// toPipe writes to a named pipe. Most open it like a file: nil means toFile.
	toPipe func(path, dir string) (*session, error)
	// written names the file that was written when path was asked for. Nil: path.
	written func(path string) string

	slog  bool // behind log/slog's interface: has a table of its own
	hydra bool
}

// wrote returns the file that toFile with this path has written.
func (p *peer) wrote(path string) string {
	if p.written != nil {
		return p.written(path)
	}
	return path
}

// openPipe opens the peer on a named pipe.
func (p *peer) openPipe(path, dir string) (*session, error) {
	if p.toPipe != nil {
		return p.toPipe(path, dir)
	}
	return p.toFile(path, dir)
}

// peers returns all of them, Hydra-Logger first.
func peers() []*peer {
	var all []*peer
	all = append(all, hydraPeers()...)
	all = append(all, phusluPeers()...)
	all = append(all, zerologPeers()...)
	all = append(all, zapPeers()...)
	all = append(all, slogPeers()...)
	all = append(all, logrusPeers()...)
	return all
}

func selectPeers(keep func(*peer) bool) []*peer {
	var out []*peer
	for _, p := range peers() {
		if keep(p) {
			out = append(out, p)
		}
	}
	return out
}

func appendTo(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
}

// onFile opens path and hands the file to open; the session's close closes it last.
func onFile(path string, open func(w io.Writer) (*session, error)) (*session, error) {
	f, err := appendTo(path)
	if err != nil {
		return nil, err
	}
	s, err := open(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	inner := s.close
	s.close = func() error {
		if inner != nil {
			if err := inner(); err != nil {
				f.Close()
				return err
			}
		}
		return f.Close()
	}
	return s, nil
}
