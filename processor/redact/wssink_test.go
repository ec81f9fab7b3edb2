package redact_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
)

// wsSink keeps the messages of WebSocket connections (RFC 6455), and answers pings.
func wsSink(s *sink) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			base64.StdEncoding.EncodeToString(sum[:]))
		for {
			op, payload, err := wsFrame(rw.Reader)
			switch {
			case err != nil || op == 8:
				return
			case op == 9:
				_, _ = c.Write(append([]byte{0x8A, byte(len(payload))}, payload...))
			case op < 3:
				_, _ = s.Write(append(payload, '\n'))
			}
		}
	}
}

// wsFrame reads a frame of a client.
func wsFrame(r *bufio.Reader) (op byte, payload []byte, err error) {
	var head [14]byte
	if _, err = io.ReadFull(r, head[:2]); err != nil {
		return 0, nil, err
	}
	size, more := uint64(head[1]&127), 0
	switch size {
	case 126:
		more = 2
	case 127:
		more = 8
	}
	if _, err = io.ReadFull(r, head[2:2+more+4]); err != nil { // a client's frames are masked
		return 0, nil, err
	}
	switch more {
	case 2:
		size = uint64(binary.BigEndian.Uint16(head[2:]))
	case 8:
		size = binary.BigEndian.Uint64(head[2:])
	}
	payload = make([]byte, size)
	if _, err = io.ReadFull(r, payload); err != nil {
		return 0, nil, err
	}
	for i := range payload {
		payload[i] ^= head[2+more+i%4]
	}
	return head[0] & 15, payload, nil
}
