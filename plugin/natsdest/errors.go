package natsdest

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/hydra-logger/hydra/destination"
)

// codeTooLarge is JetStream's error for a message that is above the stream's max_msg_size.
const codeTooLarge jetstream.ErrorCode = 10054

// outcome is the error table: what an error of the client or the server means for one record.
//
//	larger than the server's max_payload        reject: it will never be taken
//	larger than the stream's max_msg_size       reject
//	a subject that is none                      reject
//	no stream takes the subject                 retry: somebody can add one
//	full stream (limits with discard: new)      retry: room comes back
//	no right to publish, wrong credentials      retry: somebody can mend them
//	no connection, connection lost, time-out    retry
func outcome(err error) error {
	var api *jetstream.APIError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrMaxPayload), errors.Is(err, nats.ErrBadSubject), errors.Is(err, nats.ErrBadHeaderMsg):
		return destination.Reject(err)
	case errors.As(err, &api) && api.ErrorCode == codeTooLarge:
		return destination.Reject(err)
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return destination.Retry(errors.New("no stream of the server takes the subject: add one, or write core: true"), 0)
	}
	return destination.Retry(err, 0)
}

// connectError says why there is no connection, without the address that the client's error may quote.
func connectError(ctx context.Context, shown string, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return destination.Retry(fmt.Errorf("connecting to %s: %w", shown, err), 0)
}

// broken says that the connection, not a record, is at fault: nothing more can be sent on it.
func broken(err error) bool {
	return errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, nats.ErrDisconnected) || errors.Is(err, errLost) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
