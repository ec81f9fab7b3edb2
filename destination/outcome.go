package destination

import (
	"errors"
	"fmt"
	"time"
)

// Kind is what an error of [Driver.Deliver] means for the batch.
type Kind uint8

// The kinds of outcome.
const (
	Delivered Kind = iota // no error: every record has arrived
	Retrying              // nothing is known to have arrived, the batch is delivered again
	Rejected              // the target will never take the batch as it is
	Partly                // some records have arrived, others not: see [Outcome.Items]
)

// Outcome is an error of [Driver.Deliver], taken apart.
type Outcome struct {
	Kind  Kind
	After time.Duration // of Retrying: the shortest delay that the target asked for, 0 for none
	Items []ItemError   // of Partly
}

// ItemError is what became of one record of a batch that was delivered in part.
type ItemError struct {
	Index int   // in Batch.Items
	Err   error // Retry(…) or Reject(…); a plain error means Retry(Err, 0), nil that it has arrived
}

// Retry says that a delivery failed for a reason that may pass: the connection, a time-out, a full disk, HTTP 408,
// 429 and 5xx, and also wrong credentials, which somebody can mend. The worker tries the same batch again, not
// before after, at most an hour; with 0 it decides itself. A plain error of Deliver means the same as Retry(err, 0).
func Retry(err error, after time.Duration) error {
	return &outcomeError{err: err, outcome: Outcome{Kind: Retrying, After: after}}
}

// Reject says that the target will never take this batch, and has taken nothing of it: it is malformed or too large
// (HTTP 400, 413, 422). The worker cuts the batch in halves until the record that is at fault is alone,
// which goes into the dead letter; the others are delivered. A driver that knows which record it is returns [Partial].
func Reject(err error) error {
	return &outcomeError{err: err, outcome: Outcome{Kind: Rejected}}
}

// Partial says what became of the records that did not arrive. The others did: they are not delivered again.
// What can be retried comes again as a batch of its own; what is rejected goes into the dead letter. Without items it
// returns nil: everything arrived.
func Partial(items []ItemError) error {
	failed := 0
	var first error
	for _, it := range items {
		if it.Err == nil {
			continue
		}
		if failed++; first == nil {
			first = it.Err
		}
	}
	if failed == 0 {
		return nil
	}
	return &outcomeError{err: fmt.Errorf("%d records did not arrive, the first: %w", failed, first),
		outcome: Outcome{Kind: Partly, Items: items}}
}

// PartialOf is Partial for a batch of n records. What failed for all of them for the same reason, and can be retried, is said once.
func PartialOf(items []ItemError, n int) error {
	if n == 0 || len(items) != n || OutcomeOf(items[0].Err).Kind != Retrying {
		return Partial(items)
	}
	for _, it := range items {
		if it.Err == nil || it.Err.Error() != items[0].Err.Error() {
			return Partial(items)
		}
	}
	return items[0].Err
}

// OutcomeOf says what an error of Deliver means. The outermost of Retry, Reject and Partial counts.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return Outcome{Kind: Delivered}
	}
	var o *outcomeError
	if errors.As(err, &o) {
		return o.outcome
	}
	return Outcome{Kind: Retrying}
}

type outcomeError struct {
	err     error
	outcome Outcome
}

func (e *outcomeError) Error() string { return e.err.Error() }
func (e *outcomeError) Unwrap() error { return e.err }

// mostRetryAfter bounds the delay that a target can ask for.
const mostRetryAfter = time.Hour

// retryAfter is the delay that a driver asked for, 0 if it asked for none. Of a partial outcome it is the longest.
func retryAfter(err error) time.Duration {
	o := OutcomeOf(err)
	after := o.After
	for _, it := range o.Items {
		after = max(after, OutcomeOf(it.Err).After)
	}
	return min(max(after, 0), mostRetryAfter)
}
