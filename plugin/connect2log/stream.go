package connect2log

import (
	"errors"
	"io"
	"maps"
	"slices"

	"connectrpc.com/connect/v2"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/middleware/rpclog"
)

// header is a correlation.Carrier.
type header struct{ *connect.Header }

// Keys implements correlation.Carrier.
func (h header) Keys() []string { return slices.Sorted(maps.Keys(maps.Collect(h.All()))) }

// Names implements correlation.Named.
func (h header) Names() correlation.Names { return correlation.HeaderNames() }

// clean takes ids that are not valid off, so that a proxy does not forward them.
func (h header) clean() {
	for _, name := range correlation.ReadNames() {
		for _, v := range h.Values(name) {
			if v != "" && !correlation.Valid(v) {
				h.Delete(name)
				break
			}
		}
	}
}

// serverStream counts the messages of a call.
type serverStream struct {
	connect.ServerStream
	c *rpclog.Call
}

func (s *serverStream) Receive(m any) error {
	err := s.ServerStream.Receive(m)
	if err == nil {
		s.c.Received()
	}
	return err
}

func (s *serverStream) Send(m any) error {
	err := s.ServerStream.Send(m)
	if err == nil {
		s.c.Sent()
	}
	return err
}

// clientStream counts the messages of a call and sees its end.
type clientStream struct {
	connect.ClientStream
	c      *rpclog.Call
	call   *connect.CallInfo
	stop   func() bool
	single bool // one message is the whole response, and Receive has read to its end
	lone   bool // one message is the whole request: when it can't be sent nobody need receive
}

func (s *clientStream) Receive(m any) error {
	err := s.ClientStream.Receive(m)
	switch {
	case err == nil:
		s.c.Received()
		if s.single {
			s.end(rpclog.OK, nil)
		}
	case errors.Is(err, io.EOF) && !s.single:
		s.end(rpclog.OK, nil)
	default:
		s.end(codeOf(err), err)
	}
	return err
}

func (s *clientStream) Send(m any) error {
	err := s.ClientStream.Send(m)
	switch {
	case err == nil:
		s.c.Sent()
	case s.lone:
		s.end(codeOf(err), err)
	}
	return err // of a stream that failed, Receive has the reason
}

// Close ends a stream that was not read to its end.
func (s *clientStream) Close() error {
	err := s.ClientStream.Close()
	s.stop()
	s.c.End(rpclog.Canceled, nil)
	return err
}

func (s *clientStream) end(code rpclog.Code, err error) {
	s.stop()
	if s.call.PeerAddr != "" {
		s.c.Peer(s.call.PeerAddr)
	}
	s.c.End(code, err)
}
