//go:build !unix

package consoledest

import (
	"context"
	"os"
)

// stream is the console's file itself, which is not to be closed: there is no SIGPIPE here that a copy would keep away.
type stream struct{ f *os.File }

func open(f *os.File) (*stream, error) { return &stream{f}, nil }

// write writes data in pieces and says how much of it is out. A write that blocks does not notice the end of ctx.
func (s *stream) write(ctx context.Context, data []byte) (written int, err error) {
	for written < len(data) {
		n, err := s.f.Write(piece(data[written:]))
		written += max(n, 0)
		if err != nil {
			return written, err
		}
		if err := ctx.Err(); err != nil && written < len(data) {
			return written, err
		}
	}
	return written, nil
}

func isDead(error) bool { return false }

func (s *stream) close() error { return nil }
