package otlpdest

import (
	"errors"
	"fmt"
	"math"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
)

// What an answer means, with the differences to "OTLP/HTTP Response" in the specification:
//
//	2xx                  all records have arrived, unless partial_success says otherwise
//	partial_success      some records will never be taken, and it is not said which: see partial
//	429, 502, 503, 504   retried, as the specification has it
//	400, 413, 422        rejected, and the record at fault is searched
//	all others           retried, where the specification gives up: they say what is wrong with the server or the settings,
//	                     not with the records (500 of a collector whose exporter fails, 401, 404)

// Fields of ExportLogsServiceResponse, ExportLogsPartialSuccess and google.rpc.Status.
const (
	responsePartial = 1
	partialRejected = 1
	partialMessage  = 2
	statusMessage   = 2
)

func outcome(r *httpdest.Response) error {
	if r.Status < 200 || r.Status >= 300 {
		if text, ok := message(r.Body, statusMessage); ok {
			r.Body = []byte(text)
		}
		return httpdest.Outcome(r)
	}
	return partial(r)
}

// partial reads the answer to a request that was taken. When some of the records are rejected, nobody knows which, and the
// specification forbids to send them again. All records of the request become dead letters then, where
// none is lost: those that had arrived are delivered twice when they are replayed, under the same log.record.uid.
func partial(r *httpdest.Response) error {
	rejected, text := parsePartial(r.Body)
	if rejected <= 0 {
		return nil // a text alone is a warning
	}
	err := errors.New(r.Target + ": " + fmt.Sprintf("the server took a request of %d records and rejected %d of them, without saying which: %s",
		len(r.Batch.Items), rejected, r.Excerpt(text)))
	items := make([]destination.ItemError, len(r.Batch.Items))
	for i := range items {
		items[i] = destination.ItemError{Index: i, Err: destination.Reject(err)}
	}
	return destination.Partial(items)
}

// parsePartial returns rejected_log_records and error_message of an answer; 0 of one that is none, such as an empty one or JSON.
func parsePartial(body []byte) (rejected int64, text string) {
	ok := fields(body, func(field int, _ uint64, data []byte) {
		if field != responsePartial || data == nil {
			return
		}
		fields(data, func(field int, n uint64, data []byte) {
			switch field {
			case partialRejected:
				rejected = int64(min(n, math.MaxInt64))
			case partialMessage:
				text = string(data)
			}
		})
	})
	if !ok {
		return 0, ""
	}
	return rejected, text
}

// message is a text field of a message.
func message(body []byte, number int) (text string, ok bool) {
	ok = fields(body, func(field int, _ uint64, data []byte) {
		if field == number {
			text = string(data)
		}
	})
	return text, ok && text != ""
}
