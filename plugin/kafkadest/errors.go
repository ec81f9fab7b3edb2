package kafkadest

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/hydra-logger/hydra/destination"
)

// outcome is the error table: what an error of the client or a broker means for one record that was sent alone.
//
//	MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE    reject: it will never be taken
//	INVALID_RECORD                              reject: the topic's rules refuse it
//	unknown topic, no right to write            retry: somebody can mend it
//	wrong credentials                           retry
//	no leader, too few replicas, no connection  retry
//	anything else                               retry
func outcome(err error) error {
	if err == nil {
		return nil
	}
	if ofTheRecord(err) {
		return destination.Reject(err)
	}
	return destination.Retry(err, 0)
}

// ofTheRecord says that a record is at fault. A broker says so of a whole batch.
func ofTheRecord(err error) bool {
	return errors.Is(err, kerr.MessageTooLarge) || errors.Is(err, kerr.RecordListTooLarge) || errors.Is(err, kerr.InvalidRecord)
}
