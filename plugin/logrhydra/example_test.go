package logrhydra_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/plugin/logrhydra"
)

// printed prints JSON lines without their time, which an example can't compare.
type printed struct{}

func (printed) Deliver(_ context.Context, b *destination.Batch) error {
	for _, it := range b.Items {
		_, rest, _ := strings.Cut(string(b.Data[it.Start:it.End]), `Z",`)
		fmt.Print("{" + rest)
	}
	return nil
}

func (printed) Close(context.Context) error { return nil }
func (printed) Local() bool                 { return true }

const config = "{mode: sync, layers: {default: {level: DEBUG, destinations: [{type: 'null'}]}}}"

func ExampleNew() {
	log := hydra.Must(hydra.Parse([]byte(config), hydra.WithDestination("", hydra.DestinationOptions{Name: "printed", Driver: printed{}})))
	defer log.Close()
	logger := logrhydra.New(log).WithName("controller").WithValues("namespace", "shop")
	logger.WithName("orders").Error(errors.New("conflict"), "update failed", "attempt", 2)
	logger.V(1).Info("requeued")
	logger.V(6).Info("below the layer's level")
	// Output:
	// {"level":"ERROR","layer":"default","logger":"controller/orders","message":"update failed","namespace":"shop","error":"conflict","attempt":2}
	// {"level":"DEBUG+3","layer":"default","logger":"controller","message":"requeued","namespace":"shop","v":1}
}
