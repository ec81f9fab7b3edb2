package mqttdest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho/log"
	"github.com/eclipse/paho.golang/paho/session"
)

// flights is the session of one connection: the messages that are under way. It ends with the connection; what was not
// acknowledged then is delivered again by the worker, from the journal.
type flights struct {
	acks chan ack // as many as may be under way

	mu     sync.Mutex
	next   int // the index of the record that is published next
	lastID uint16
	index  map[uint16]int // of the record, by packet identifier
	left   error          // why the broker has ended the connection, nil when it did not say
}

// ack is what the broker says of a record.
type ack struct {
	index int
	err   error
}

func newFlights(pending int) *flights {
	return &flights{acks: make(chan ack, pending), index: map[uint16]int{}}
}

// publishing says which record the next packet is of.
func (f *flights) publishing(index int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = index
}

// reason is why the connection has ended.
func (f *flights) reason() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left != nil {
		return f.left
	}
	return errLost
}

// AddToSession implements session.SessionManager: it gives a packet an identifier that is free.
func (f *flights) AddToSession(_ context.Context, p session.Packet, _ chan<- packets.ControlPacket) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.Type() != packets.PUBLISH {
		return errors.New("only messages are published here")
	}
	for tries := 0; tries <= mostPending; tries++ {
		if f.lastID++; f.lastID == 0 {
			f.lastID = 1
		}
		if _, used := f.index[f.lastID]; !used {
			f.index[f.lastID] = f.next
			p.SetIdentifier(f.lastID)
			return nil
		}
	}
	return session.ErrPacketIdentifiersExhausted
}

// PacketReceived implements session.SessionManager.
func (f *flights) PacketReceived(p *packets.ControlPacket, _ chan<- *packets.Publish) error {
	a, ok := p.Content.(*packets.Puback)
	if !ok {
		return nil // nothing else was asked for
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i, ok := f.index[a.PacketID]
	if !ok {
		return nil // of a message that is not under way
	}
	delete(f.index, a.PacketID)
	f.acks <- ack{i, outcome(a)}
	return nil
}

// ConnectionLost implements session.SessionManager.
func (f *flights) ConnectionLost(p *packets.Disconnect) error {
	if p != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.left = errTooLarge; p.ReasonCode != packets.DisconnectPacketTooLarge {
			f.left = fmt.Errorf("the broker has ended the connection: %s", describe(p.ReasonCode, p.Properties))
		}
	}
	return nil
}

// The rest of session.SessionManager, which has nothing to do here.

// ConAckReceived implements session.SessionManager.
func (f *flights) ConAckReceived(io.Writer, *packets.Connect, *packets.Connack) error { return nil }

// Ack implements session.SessionManager.
func (f *flights) Ack(*packets.Publish) error { return nil }

// Close implements session.SessionManager.
func (f *flights) Close() error { return nil }

// SetErrorLogger implements session.SessionManager.
func (f *flights) SetErrorLogger(log.Logger) {}

// SetDebugLogger implements session.SessionManager.
func (f *flights) SetDebugLogger(log.Logger) {}
