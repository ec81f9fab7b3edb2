package elasticdest

import (
	"encoding/json"
	"fmt"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
)

// A request that the server takes is answered with 200, and with a result for each record:
//
//	200, 201           created
//	409                there is a document with this id already: it arrived before
//	400, 413, 422      the document is at fault: rejected, into the dead letter
//	429, 5xx           the server is busy: retried
//	401, 403, 404, …   somebody mends it: retried
//
// A request as a whole is as in [httpdest.Outcome].
func outcome(r *httpdest.Response) error {
	if err := httpdest.Outcome(r); err != nil {
		return err
	}
	var answer bulk
	if err := json.Unmarshal(r.Body, &answer); err != nil {
		return destination.Retry(fmt.Errorf("%s: the answer is not that of a bulk request: %s", r.Target, r.Excerpt(string(r.Body))), 0)
	}
	if !answer.Errors {
		return nil
	}
	if len(answer.Items) != len(r.Batch.Items) {
		return destination.Retry(fmt.Errorf("%s: %d results for %d records", r.Target, len(answer.Items), len(r.Batch.Items)), 0)
	}
	var failed []destination.ItemError
	for i, item := range answer.Items {
		for _, result := range item {
			if err := result.outcome(r); err != nil {
				failed = append(failed, destination.ItemError{Index: i, Err: err})
			}
		}
	}
	return destination.Partial(failed)
}

type bulk struct {
	Errors bool                `json:"errors"`
	Items  []map[string]result `json:"items"`
}

type result struct {
	Status int             `json:"status"`
	Error  json.RawMessage `json:"error"`
}

func (e *result) outcome(r *httpdest.Response) error {
	switch {
	case e.Status >= 200 && e.Status < 300, e.Status == 409:
		return nil
	}
	err := fmt.Errorf("%s: a record is answered with %d: %s", r.Target, e.Status, r.Excerpt(e.text()))
	switch e.Status {
	case 400, 413, 422:
		return destination.Reject(err)
	}
	return destination.Retry(err, r.RetryAfter())
}

// text is the error's type and reason; what imitates the API may send a string.
func (e *result) text() string {
	var full struct{ Type, Reason string }
	if json.Unmarshal(e.Error, &full) == nil && full.Type != "" {
		return full.Type + ": " + full.Reason
	}
	return string(e.Error)
}
