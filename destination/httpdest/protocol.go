package httpdest

import (
	"context"
	"net/http"

	"github.com/hydra-logger/hydra/destination"
)

// Encoder makes the body of a request of records.
type Encoder interface {
	// AppendBody appends the body for the items of b to dst. The formatted bytes of an item are b.Data[it.Start:it.End], its binary
	// form is it.Raw. It is called by several goroutines at once, may be called again for the same items, and keeps nothing.
	// An error means that one of the records can't be encoded: it is found and becomes a dead letter.
	AppendBody(dst []byte, b *destination.Batch) ([]byte, error)
	// ContentType of the body, for the header.
	ContentType() string
}

// Protocol is what a vendor's requests and answers look like. With it a package of a few lines becomes a
// destination: see [NewDriver].
type Protocol struct {
	// Name of the destination's type, in errors.
	Name string
	// Encoder makes the body.
	Encoder Encoder
	// Method of requests. Default: POST.
	Method string
	// Compression of requests where the target says nothing. Default: none.
	Compression string
	// MaxRecords is how many records a request may hold: a larger batch becomes several requests. Default: no limit.
	MaxRecords int
	// MaxBytes is how large a request may be before compression, with room for what the encoder adds. Default: no limit.
	MaxBytes int
	// Overhead is what the encoder adds to a record, at most, in bytes; for MaxBytes. Default: 0.
	Overhead int
	// MaxRecord is how long a formatted record may be: a longer one is rejected, since the target would cut it. Default: no limit.
	MaxRecord int
	// Outcome says what an answer means. Default: [Outcome].
	Outcome func(r *Response) error
	// Confirm is called when the outcome is good: it waits until the server says that it keeps what it has taken, where the answer alone
	// does not say so. It ends with ctx, and its error is the outcome. Default: nothing is waited for.
	Confirm func(ctx context.Context, r *Response, ask Ask) error
	// Authorize sets the credential; token is that of the target, "" for none. Default: "Authorization: Bearer".
	Authorize func(h http.Header, token string)
	// Prepare changes a request before it is sent. Default: nothing.
	Prepare func(r *http.Request, b *destination.Batch)
	// ProbePath is what to ask with GET whether the server is back, in place of path and query of the URL; used unless the
	// target has a ProbeMethod. Default: the URL itself.
	ProbePath string
	// EmptyRequests says that the server does nothing with a request of no records but to look at its credentials: so these are tried,
	// see [destination.Authenticator]. Default: false, the probe is used for that.
	EmptyRequests bool
	// Assurance is what it means that a record counts as delivered, see [destination.Assurer]. Default: the server keeps it.
	Assurance string
	// IdempotencyHeader carries [destination.BatchKey]. Default: "Idempotency-Key".
	IdempotencyHeader string
}

// Ask sends a request to another path of the target, with its credentials, and returns the answer. Header may be nil.
type Ask func(ctx context.Context, path string, header http.Header, body []byte) (*Response, error)

// Response is an answer of the server.
type Response struct {
	Status int
	Header http.Header
	// Body is the answer's, at most 16 MiB of it.
	Body []byte
	// Batch is what the request held, and Request its body before compression.
	Batch   *destination.Batch
	Request []byte
	// Target names the server without credentials.
	Target string

	secrets *secrets
}

const mostAnswer = 16 << 20
