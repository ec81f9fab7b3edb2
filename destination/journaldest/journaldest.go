// Package journaldest sends records to systemd-journald by its native protocol, each
// with its attributes as fields, so that
//
//	journalctl CORRELATION_ID=01HQ3K8Z
//
// finds all of a flow. It exists on Linux only. [NewUpload] gives the same entries to another machine over HTTP, from any system.
//
// # Fields
//
//	MESSAGE             the message; all of the formatted record with Options.Formatted
//	PRIORITY            2 CRITICAL, 3 ERROR, 4 WARNING, 5 between INFO and WARNING, 6 INFO, 7 below
//	SYSLOG_IDENTIFIER   Options.Identifier
//	SYSLOG_TIMESTAMP    when the record was made, RFC 3339 in UTC; journald adds when it arrived
//	LAYER LOGGER CORRELATION_ID CAUSATION_ID TRACE_ID SPAN_ID CODE_FILE CODE_LINE CODE_FUNC   when the record has them
//	EVENT_MESSAGE_ID    the record's message id; MESSAGE_ID is journald's name for a kind of message
//	HYDRA_ID            the record's id: one that came twice has it twice
//	HYDRA_RECOVERED     1, when an earlier run accepted the record
//	...                 the attributes
//
// The key of an attribute is made of A to Z, 0 to 9 and _: other characters become _, small letters large ones, the
// keys of a group are joined by _, underscores at the beginning fall away, and so does what is beyond 64 characters. One that begins
// with a digit, or is a field of the table or one that journald gives a meaning, gets the prefix ATTR_. The
// elements of a list are several fields of one name.
//
// # What "delivered" means here
//
// The entry is in the queue of journald's socket, which outlives a restart of journald. journald answers nothing. It drops
// what exceeds its rate limit, 10000 entries in 30 s for a service unless set otherwise (RateLimitBurst= in
// journald.conf, LogRateLimitBurst= of the unit), and says so in the journal.
//
// # Errors
//
//	no such socket, refused, a queue that is full for Timeout, no memory    retry
//	an entry that the system refuses by its size                           reject
package journaldest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/dial"
	"github.com/hydra-logger/hydra/record"
)

// Options are the settings of a journald destination.
type Options struct {
	// Path of journald's socket. Default: /run/systemd/journal/socket.
	Path string
	// Identifier of the program in the journal. Default: the name of its file.
	Identifier string
	// Formatted makes MESSAGE of the formatted record. Default: false, it is the message.
	Formatted bool
	// Timeout is how long a full queue is waited for. Default: 10 s.
	Timeout time.Duration
}

const defaultPath = "/run/systemd/journal/socket"

// Driver is a journald destination. Describe may be called from anywhere, the other
// methods by one goroutine at a time.
type Driver struct {
	o      Options
	dialer dial.Dialer
	conn   *net.UnixConn // nil: not connected
	closed bool
	view   record.View
	entry  entry
}

var errClosed = errors.New("the journald destination is closed")

// New returns a driver. The socket is connected by the first delivery.
func New(o Options) (*Driver, error) {
	if !supported {
		return nil, errors.New("journald exists on Linux only")
	}
	if o.Path == "" {
		o.Path = defaultPath
	}
	if o.Identifier == "" {
		o.Identifier = filepath.Base(os.Args[0])
	}
	if strings.ContainsAny(o.Identifier, "\n\x00") {
		return nil, errors.New("the identifier of a program is one line")
	}
	if o.Timeout <= 0 {
		o.Timeout = dial.DefaultTimeout
	}
	d := &Driver{o: o, dialer: dial.Dialer{Network: dial.Unixgram, Address: o.Path, Timeout: o.Timeout}}
	return d, d.dialer.Check()
}

// Deliver implements destination.Driver.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	if err := d.connect(ctx); err != nil {
		return err
	}
	conn := d.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	var failed []destination.ItemError
	for i := range b.Items {
		err := d.deliverRecord(ctx, b, &b.Items[i])
		if err == nil {
			continue
		}
		if destination.OutcomeOf(err).Kind == destination.Rejected {
			failed = append(failed, destination.ItemError{Index: i, Err: err})
			continue
		}
		if err = d.broke(ctx, err); i == 0 {
			return err
		}
		for ; i < len(b.Items); i++ {
			failed = append(failed, destination.ItemError{Index: i, Err: err})
		}
		break
	}
	return destination.Partial(failed)
}

func (d *Driver) deliverRecord(ctx context.Context, b *destination.Batch, it *destination.Item) error {
	if err := d.view.Decode(it.Raw); err != nil {
		return destination.Reject(fmt.Errorf("the record can't be read: %w", err))
	}
	message := d.view.Message
	if d.o.Formatted {
		message = strings.TrimSuffix(string(b.Data[it.Start:it.End]), "\n")
	}
	d.entry.build(&d.view, it, message, d.o.Identifier)
	_ = d.conn.SetWriteDeadline(time.Now().Add(d.o.Timeout))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	_, err := d.conn.Write(d.entry.buf)
	if errors.Is(err, syscall.EMSGSIZE) || errors.Is(err, syscall.ENOBUFS) {
		return sendFile(d.conn, d.entry.buf)
	}
	return err
}

func (d *Driver) connect(ctx context.Context) error {
	if d.closed {
		return errClosed
	}
	if d.conn != nil {
		return nil
	}
	conn, err := d.dialer.Dial(ctx)
	if err != nil {
		return err
	}
	d.conn = conn.(*net.UnixConn)
	return nil
}

func (d *Driver) broke(ctx context.Context, err error) error {
	_ = d.conn.Close()
	d.conn = nil
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Probe implements destination.Prober: it connects to the socket anew.
func (d *Driver) Probe(ctx context.Context) error {
	if d.conn != nil {
		_ = d.conn.Close()
		d.conn = nil
	}
	return d.connect(ctx)
}

// Close implements destination.Driver.
func (d *Driver) Close(context.Context) error {
	d.closed = true
	if d.conn == nil {
		return nil
	}
	err := d.conn.Close()
	d.conn = nil
	return err
}

// Describe implements destination.Describer.
func (d *Driver) Describe() string { return "journald " + d.dialer.String() }

// Assurance implements destination.Assurer.
func (d *Driver) Assurance() string {
	return "in the queue of journald, which may drop it by its rate limit"
}
