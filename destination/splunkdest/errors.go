package splunkdest

import (
	"encoding/json"
	"fmt"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
)

// The collector says with a code what it means, beside the status:
//
//	0             taken
//	5 6 12 13 15  no data, invalid data, event missing, blank, fields not flat: the event invalid-event-number is at fault
//	7             400, incorrect index: somebody mends it: retried
//	8 9 10 11 …   500 and 503: the server's state: retried
//	1 2 3 4 14 16 token disabled, missing, invalid, query string auth off, ack off, bad channel: somebody mends it: retried
//
// What came before an invalid event may have been taken, what comes after it was not; the documents leave
// that open. So all but the one at fault are sent again, and those that had arrived are there twice, under the same id.
func outcome(r *httpdest.Response) error {
	var answer struct {
		Text    string `json:"text"`
		Code    int    `json:"code"`
		Invalid *int   `json:"invalid-event-number"`
	}
	if r.Status == 413 || json.Unmarshal(r.Body, &answer) != nil {
		return httpdest.Outcome(r)
	}
	failure := fmt.Errorf("%s: %d, code %d: %s", r.Target, r.Status, answer.Code, r.Excerpt(answer.Text))
	switch answer.Code {
	case 0:
		return httpdest.Outcome(r)
	case 5, 6, 12, 13, 15:
		if n := answer.Invalid; n != nil && *n >= 0 && *n < len(r.Batch.Items) {
			return allBut(len(r.Batch.Items), *n, failure)
		}
		return destination.Reject(failure)
	}
	return destination.Retry(failure, r.RetryAfter())
}

// allBut rejects one record, and retries the others.
func allBut(n, poison int, err error) error {
	items := make([]destination.ItemError, n)
	for i := range items {
		items[i] = destination.ItemError{Index: i, Err: destination.Retry(err, 0)}
	}
	items[poison].Err = destination.Reject(err)
	return destination.Partial(items)
}
