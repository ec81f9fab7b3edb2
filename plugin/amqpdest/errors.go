package amqpdest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hydra-logger/hydra/destination"
)

var (
	errLost     = errors.New("the connection was lost")
	errNacked   = errors.New("the broker does not take it (basic.nack)")
	errUnrouted = errors.New("no queue takes it: bind one to the exchange, or write discard_unroutable: true")
)

// The error table: what an answer of the broker, or none, means for a record.
//
//	PRECONDITION_FAILED or CONTENT_TOO_LARGE on publishing   reject: larger than max_message_size, it will never be taken
//	basic.nack (a full queue with reject-publish, an error)  retry: it passes
//	basic.return, no queue takes it                          retry: somebody can bind one
//	NOT_FOUND, no such exchange                              retry: somebody can declare it
//	ACCESS_REFUSED, no right to write or wrong credentials   retry: somebody can mend it
//	no connection, connection lost, time-out                 retry
//	the broker blocks publishers (an alarm of memory, disk)  retry, when the time-out is over
//
// A channel that is closed for a record says so of no record in particular: see [Driver.find].

// ofTheRecord says that the broker has closed the channel because of a message.
func ofTheRecord(err error) bool {
	var e *amqp.Error
	return errors.As(err, &e) && e.Server && (e.Code == amqp.PreconditionFailed || e.Code == amqp.ContentTooLarge)
}

// suspect finds among records that were not confirmed the one that the broker's text is about, by its size, else the largest.
func suspect(err error, b *destination.Batch, open []int) int {
	text, largest := err.Error(), open[0]
	for _, i := range open {
		n := len(body(b, &b.Items[i]))
		if strings.Contains(text, " "+strconv.Itoa(n)+" ") {
			return i
		}
		if n > len(body(b, &b.Items[largest])) {
			largest = i
		}
	}
	return largest
}

// connectError says why there is no connection.
func connectError(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return destination.Retry(fmt.Errorf("connecting to %s: %w", address, err), 0)
}
