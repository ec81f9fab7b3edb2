package mqttdest

import (
	"context"
	"errors"
	"fmt"

	"github.com/eclipse/paho.golang/packets"

	"github.com/hydra-logger/hydra/destination"
)

var (
	errLost     = errors.New("the connection was lost")
	errTooLarge = errors.New("the message is larger than what the broker takes (0x95)")
)

// outcome is the error table: what the reason code of a PUBACK means for a record.
//
//	0x00 success, 0x10 no matching subscribers                arrived
//	0x99 payload format invalid                               reject: it will never be taken
//	larger than the broker's Maximum Packet Size (not sent)   reject
//	DISCONNECT with 0x95 packet too large                     reject, when it is said of the record alone
//	0x80, 0x83 unspecified, implementation specific           retry
//	0x87 not authorized, 0x90 topic name invalid              retry: somebody can allow it
//	0x97 quota exceeded, 0x91 packet identifier in use        retry: it passes
//	CONNACK or DISCONNECT with an error, no connection        retry
func outcome(p *packets.Puback) error {
	if p.ReasonCode < 0x80 {
		return nil
	}
	err := fmt.Errorf("the broker does not take it: %s", describe(p.ReasonCode, p.Properties))
	if p.ReasonCode == packets.PubackPayloadFormatInvalid {
		return destination.Reject(err)
	}
	return destination.Retry(err, 0)
}

// reasons are names of codes of CONNACK, PUBACK and DISCONNECT (MQTT 5, 2.4).
var reasons = map[byte]string{
	0x80: "unspecified error", 0x81: "malformed packet", 0x82: "protocol error", 0x83: "implementation specific error",
	0x84: "unsupported protocol version", 0x85: "client identifier not valid", 0x86: "bad user name or password", 0x87: "not authorized",
	0x88: "server unavailable", 0x89: "server busy", 0x8a: "banned", 0x8b: "server shutting down", 0x8c: "bad authentication method",
	0x8d: "keep alive timeout", 0x8e: "session taken over: another client has the same client_id", 0x90: "topic name invalid",
	0x91: "packet identifier in use", 0x93: "receive maximum exceeded", 0x95: "packet too large", 0x96: "message rate too high",
	0x97: "quota exceeded", 0x98: "administrative action", 0x99: "payload format invalid", 0x9b: "QoS not supported",
	0x9c: "use another server", 0x9d: "server moved", 0x9f: "connection rate exceeded", 0xa0: "maximum connect time",
}

// describe names a reason code, with what the broker says of it.
func describe(code byte, p *packets.Properties) string {
	name := reasons[code]
	if name == "" {
		name = "error"
	}
	name = fmt.Sprintf("%s (0x%02x)", name, code)
	if p != nil && p.ReasonString != "" {
		name += ": " + text(p.ReasonString[:min(len(p.ReasonString), 200)])
	}
	return name
}

// connectError says why there is no connection.
func connectError(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return destination.Retry(fmt.Errorf("connecting to %s: %w", address, err), 0)
}
