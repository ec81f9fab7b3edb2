package destination

import (
	"errors"
	"time"
)

// Retry says that a delivery failed for a reason that may pass. The worker
// tries the same batch again, not before after; with 0 it decides itself. A plain
// error of Deliver means the same as Retry(err, 0).
func Retry(err error, after time.Duration) error {
	return &retryError{err: err, after: after}
}

type retryError struct {
	err   error
	after time.Duration
}

func (e *retryError) Error() string { return e.err.Error() }
func (e *retryError) Unwrap() error { return e.err }

// retryAfter is the delay that a driver asked for, 0 if it asked for none.
func retryAfter(err error) time.Duration {
	var r *retryError
	if errors.As(err, &r) {
		return r.after
	}
	return 0
}
