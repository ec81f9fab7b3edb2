package connectlog

import (
	"errors"
	"io"

	"connectrpc.com/connect"
	"github.com/hydra-logger/hydra/middleware/rpclog"
)

// handlerConn counts the messages of a stream.
type handlerConn struct {
	connect.StreamingHandlerConn
	c *rpclog.Call
}

func (h *handlerConn) Receive(m any) error {
	err := h.StreamingHandlerConn.Receive(m)
	if err == nil {
		h.c.Received()
	}
	return err
}

func (h *handlerConn) Send(m any) error {
	err := h.StreamingHandlerConn.Send(m)
	if err == nil {
		h.c.Sent()
	}
	return err
}

// clientConn counts the messages of a stream and sees its end.
type clientConn struct {
	connect.StreamingClientConn
	c    *rpclog.Call
	stop func() bool
}

func (k *clientConn) Receive(m any) error {
	err := k.StreamingClientConn.Receive(m)
	switch {
	case err == nil:
		k.c.Received()
	case errors.Is(err, io.EOF):
		k.end(rpclog.OK, nil)
	default:
		k.end(codeOf(err), err)
	}
	return err
}

func (k *clientConn) Send(m any) error {
	err := k.StreamingClientConn.Send(m)
	if err == nil {
		k.c.Sent()
	}
	return err // of a stream that failed, Receive has the reason
}

// CloseResponse ends a stream that was not read to its end.
func (k *clientConn) CloseResponse() error {
	err := k.StreamingClientConn.CloseResponse()
	k.end(rpclog.Canceled, nil)
	return err
}

func (k *clientConn) end(code rpclog.Code, err error) {
	k.stop()
	k.c.End(code, err)
}
