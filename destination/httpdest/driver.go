package httpdest

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/hydra-logger/hydra/destination"
)

// Driver delivers batches to a server, as its [Protocol] says. It may be used by several goroutines at once.
type Driver struct {
	client      *client
	protocol    Protocol
	compression string
	limit       int
	probe       string // method
	warnings    []string
}

// NewDriver returns the driver of a vendor's package. Nothing is connected yet; a file that the target names is read.
func NewDriver(t Target, p Protocol) (*Driver, error) {
	c, err := newClient(&t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	p.Method = cmp.Or(p.Method, http.MethodPost)
	p.IdempotencyHeader = cmp.Or(p.IdempotencyHeader, "Idempotency-Key")
	if p.Outcome == nil {
		p.Outcome = Outcome
	}
	d := &Driver{client: c, protocol: p, compression: cmp.Or(t.Compression, p.Compression, None),
		limit: t.MaxConnections, probe: strings.ToUpper(t.ProbeMethod)}
	if d.limit <= 0 {
		d.limit = defaultConnections
	}
	if t.TLS != nil && t.TLS.SkipVerify {
		d.warnings = append(d.warnings, "the server's certificate is not verified (tls.skip_verify): whoever is in the way can read and change all records and credentials")
	}
	return d, nil
}

// Deliver implements destination.Driver.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	if d.fits(b) {
		return d.client.send(ctx, &d.protocol, d.compression, b)
	}
	return d.inPieces(ctx, b)
}

// fits reports whether one request can hold the batch.
func (d *Driver) fits(b *destination.Batch) bool {
	p := &d.protocol
	if p.MaxRecords > 0 && len(b.Items) > p.MaxRecords || p.MaxBytes > 0 && len(b.Data)+len(b.Items)*p.Overhead > p.MaxBytes {
		return false
	}
	return p.MaxRecord <= 0 || d.firstTooLong(b.Items) < 0
}

func (d *Driver) firstTooLong(items []destination.Item) int {
	for i := range items {
		if items[i].End-items[i].Start > d.protocol.MaxRecord {
			return i
		}
	}
	return -1
}

// inPieces delivers a batch in several requests. After one that is to be tried again, the rest is not sent any more: order.
func (d *Driver) inPieces(ctx context.Context, b *destination.Batch) error {
	var failed []destination.ItemError
	for from := 0; from < len(b.Items); {
		n := d.piece(b.Items[from:])
		var err error
		if failed, err = d.deliverPiece(ctx, b, from, from+n, failed); err == nil {
			from += n
			continue
		}
		if from == 0 && len(failed) == 0 {
			return err // nothing has arrived
		}
		failed = appendItems(failed, from, len(b.Items), destination.Retry(err, destination.OutcomeOf(err).After))
		break
	}
	if n := len(failed); n == len(b.Items) && n == 1 {
		return failed[0].Err
	}
	return destination.Partial(failed)
}

// deliverPiece delivers some items with one request, and a rejected one with halves of it. It adds what did not arrive to
// failed; an error means that nothing is known to have arrived of those from the first one on that is not in failed.
func (d *Driver) deliverPiece(ctx context.Context, b *destination.Batch, from, to int, failed []destination.ItemError) ([]destination.ItemError, error) {
	part := destination.Batch{Data: b.Data, Items: b.Items[from:to], Attempt: b.Attempt}
	err := d.tooLong(&part)
	if err == nil {
		err = d.client.send(ctx, &d.protocol, d.compression, &part)
	}
	switch o := destination.OutcomeOf(err); o.Kind {
	case destination.Delivered:
		return failed, nil
	case destination.Partly:
		for _, it := range o.Items {
			failed = append(failed, destination.ItemError{Index: from + it.Index, Err: it.Err})
		}
		return failed, nil
	case destination.Rejected:
		if to-from == 1 {
			return append(failed, destination.ItemError{Index: from, Err: err}), nil
		}
		return d.deliverHalves(ctx, b, from, to, failed)
	}
	return failed, err
}

func (d *Driver) deliverHalves(ctx context.Context, b *destination.Batch, from, to int, failed []destination.ItemError) ([]destination.ItemError, error) {
	middle := (from + to) / 2
	failed, err := d.deliverPiece(ctx, b, from, middle, failed)
	if err != nil {
		return appendItems(failed, from, to, destination.Retry(err, destination.OutcomeOf(err).After)), nil
	}
	before := len(failed)
	if failed, err = d.deliverPiece(ctx, b, middle, to, failed); err != nil {
		return appendItems(failed[:before], middle, to, destination.Retry(err, destination.OutcomeOf(err).After)), nil
	}
	return failed, nil
}

func appendItems(failed []destination.ItemError, from, to int, err error) []destination.ItemError {
	for i := from; i < to; i++ {
		failed = append(failed, destination.ItemError{Index: i, Err: err})
	}
	return failed
}

// piece is how many of the items the next request holds, at least one.
func (d *Driver) piece(items []destination.Item) int {
	p := &d.protocol
	most := len(items)
	if p.MaxRecords > 0 {
		most = min(most, p.MaxRecords)
	}
	bytes := 0
	for n := range most {
		size := items[n].End - items[n].Start
		bytes += size + p.Overhead
		if n > 0 && (p.MaxBytes > 0 && bytes > p.MaxBytes || p.MaxRecord > 0 && size > p.MaxRecord) {
			return n
		}
		if p.MaxRecord > 0 && size > p.MaxRecord {
			return 1
		}
	}
	return most
}

func (d *Driver) tooLong(part *destination.Batch) error {
	p := &d.protocol
	if p.MaxRecord <= 0 || d.firstTooLong(part.Items) < 0 {
		return nil
	}
	return destination.Reject(fmt.Errorf("%s: a record of %d bytes; the server keeps at most %d of them",
		d.client.name, part.Items[0].End-part.Items[0].Start, p.MaxRecord))
}

// Probe implements destination.Prober. Any answer that shows a server at work counts, except one that refuses the credentials (401)
// or asks to wait: many a path that takes records answers a GET with 404 or 405. With probe method none it connects, and asks nothing.
func (d *Driver) Probe(ctx context.Context) error {
	if d.probe == "NONE" {
		return d.client.connect(ctx)
	}
	answer, err := d.ask(ctx)
	if err != nil {
		return err
	}
	switch s := answer.Status; {
	case s >= 500, s == http.StatusTooManyRequests, s == http.StatusUnauthorized, s == http.StatusProxyAuthRequired:
		return destination.Retry(answer.Failure(), answer.RetryAfter())
	}
	return nil
}

// ask sends the request of a probe.
func (d *Driver) ask(ctx context.Context) (*Response, error) {
	u := *d.client.url
	if d.probe == "" && d.protocol.ProbePath != "" {
		u.Path, u.RawPath, u.RawQuery = d.protocol.ProbePath, "", ""
	}
	r, err := http.NewRequestWithContext(ctx, cmp.Or(d.probe, http.MethodGet), u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.client.name, d.client.secrets.discreet(err))
	}
	r.Header.Set("User-Agent", "hydra-logger")
	if err := d.client.prepare(r, &d.protocol); err != nil {
		return nil, fmt.Errorf("%s: %w", d.client.name, err)
	}
	if err := d.client.sign(r, nil); err != nil {
		return nil, err
	}
	return d.client.do(r)
}

// Authenticate implements destination.Authenticator: with a request that holds no record, where the vendor's server is known to do nothing
// with one, else with the probe, which 403 refuses too.
func (d *Driver) Authenticate(ctx context.Context) error {
	if d.protocol.EmptyRequests {
		err := d.client.send(ctx, &d.protocol, None, &destination.Batch{})
		if destination.OutcomeOf(err).Kind == destination.Rejected {
			return nil // for being empty, by one who has let us in
		}
		return err
	}
	if d.probe == "NONE" {
		return nil
	}
	answer, err := d.ask(ctx)
	if err == nil && (answer.Status == http.StatusForbidden || answer.Status == http.StatusUnauthorized) {
		err = answer.Failure()
	}
	return err
}

// Close implements destination.Driver.
func (d *Driver) Close(context.Context) error {
	d.client.close()
	return nil
}

// Describe implements destination.Describer: the URL without user, password and query.
func (d *Driver) Describe() string { return d.client.name }

// Concurrent implements destination.Concurrent.
func (d *Driver) Concurrent() int { return d.limit }

// A request costs both sides the same whatever it holds, and this much of a megabyte is what servers take that nobody has
// set up for more, as nginx does.
const (
	batchBytes   = 960 << 10
	batchRecords = 1000 // a target that takes fewer in a request gets batches of the usual size
)

// BatchBytes implements destination.Sizer.
func (d *Driver) BatchBytes() int {
	p := &d.protocol
	if p.MaxRecords > 0 && p.MaxRecords < batchRecords {
		return 0
	}
	if p.MaxBytes > 0 {
		return min(batchBytes, p.MaxBytes*3/4) // with room for what the encoder adds
	}
	return batchBytes
}

// Assurance implements destination.Assurer.
func (d *Driver) Assurance() string { return d.protocol.Assurance }

// Warnings implements destination.Warner.
func (d *Driver) Warnings() []string { return d.warnings }

var (
	_ destination.Prober        = (*Driver)(nil)
	_ destination.Authenticator = (*Driver)(nil)
	_ destination.Concurrent    = (*Driver)(nil)
	_ destination.Describer     = (*Driver)(nil)
	_ destination.Warner        = (*Driver)(nil)
	_ destination.Sizer         = (*Driver)(nil)
)
