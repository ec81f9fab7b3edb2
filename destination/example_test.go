package destination_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/hydra-logger/hydra/destination"
)

// What a driver says of a batch of three: the first and the last did not arrive, each for a reason of its own.
func ExamplePartial() {
	err := destination.Partial([]destination.ItemError{
		{Index: 0, Err: destination.Reject(errors.New("field total is no number"))},
		{Index: 2, Err: destination.Retry(errors.New("shard is busy"), 2*time.Second)},
	})
	out := destination.OutcomeOf(err)
	for _, it := range out.Items {
		one := destination.OutcomeOf(it.Err)
		fmt.Println(it.Index, one.Kind == destination.Rejected, one.After, it.Err)
	}
	fmt.Println(destination.OutcomeOf(errors.New("any other error")).Kind == destination.Retrying, destination.OutcomeOf(nil).Kind == destination.Delivered)
	// Output:
	// 0 true 0s field total is no number
	// 2 false 2s shard is busy
	// true true
}
