// Package httpdest is the destination "network_http": batches of records in HTTP requests. It is also the common part of the
// destinations that are vendors' ways to use HTTP: see [NewDriver].
//
// A request holds the records of a batch as JSON lines, as one JSON array, or in any other form that an [Encoder]
// makes. It carries the header Idempotency-Key with [destination.BatchKey], so that a server that knows
// the key takes a batch that comes twice once. What an answer means is in errors.go.
//
// A record that a server takes without keeping it, or keeps in part, is not seen from here: a 2xx is believed.
package httpdest

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/hydra-logger/hydra/destination"
)

// Forms of a request.
const (
	Lines = "lines" // what the formatter has made, one after the other; with json-lines: application/x-ndjson
	Array = "array" // one JSON array; the formatter must make JSON
)

// Options are the settings of a driver.
type Options struct {
	Target
	// Method is POST or PUT. Default: POST.
	Method string
	// Payload is [Lines] or [Array]. Default: Lines.
	Payload string
	// Encoder makes the body, instead of Payload. Default: nil.
	Encoder Encoder
	// Single sends each record in a request of its own. Default: false.
	Single bool
	// MaxBytes is how large a request may be before compression; a batch that is larger becomes several. Default: no limit.
	MaxBytes int
	// ContentType overrides the encoder's. Default: application/x-ndjson for Lines, application/json for Array.
	ContentType string
}

// New returns a driver. Default of Compression is none: not every server takes compressed requests.
func New(o Options) (*Driver, error) {
	p := Protocol{Name: "network_http", Encoder: o.Encoder, Method: strings.ToUpper(o.Method), MaxBytes: o.MaxBytes, Overhead: 1}
	switch p.Method {
	case "", http.MethodPost, http.MethodPut, http.MethodPatch:
	default:
		return nil, fmt.Errorf("network_http: method %q sends no records; use POST or PUT", o.Method)
	}
	if o.Single {
		p.MaxRecords = 1
	}
	switch {
	case o.Encoder != nil && o.Payload != "":
		return nil, fmt.Errorf("network_http: there is both an encoder and payload %q; write one of them", o.Payload)
	case o.Encoder != nil:
	case o.Payload == "" || o.Payload == Lines:
		p.Encoder = lines{o.contentType("application/x-ndjson")}
	case o.Payload == Array:
		p.Encoder = array{o.contentType("application/json")}
	default:
		return nil, fmt.Errorf("network_http: payload %q is none of lines, array", o.Payload)
	}
	if o.Encoder != nil && o.ContentType != "" {
		p.Encoder = typed{o.Encoder, o.ContentType}
	}
	return NewDriver(o.Target, p)
}

func (o *Options) contentType(byDefault string) string {
	if o.ContentType != "" {
		return o.ContentType
	}
	return byDefault
}

// LinesEncoder sends what the formatter has made, record after record.
func LinesEncoder(contentType string) Encoder { return lines{contentType} }

// ArrayEncoder sends a JSON array of what the formatter has made.
func ArrayEncoder(contentType string) Encoder { return array{contentType} }

type lines struct{ contentType string }

func (e lines) ContentType() string { return e.contentType }

func (lines) AppendBody(dst []byte, b *destination.Batch) ([]byte, error) {
	for i := range b.Items {
		dst = append(dst, b.Data[b.Items[i].Start:b.Items[i].End]...)
	}
	return dst, nil
}

type array struct{ contentType string }

func (e array) ContentType() string { return e.contentType }

func (array) AppendBody(dst []byte, b *destination.Batch) ([]byte, error) {
	dst = append(dst, '[')
	for i := range b.Items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, Record(b, i)...)
	}
	return append(dst, ']', '\n'), nil
}

type typed struct {
	Encoder
	contentType string
}

func (e typed) ContentType() string { return e.contentType }

// Record is the formatted record i of a batch without the end of its line.
func Record(b *destination.Batch, i int) []byte {
	return bytes.TrimRight(b.Data[b.Items[i].Start:b.Items[i].End], "\r\n")
}
