package zaphydra_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/plugin/zaphydra"
	"go.uber.org/zap"
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

const flatConfig = "{mode: sync, layers: {default: {destinations: [{type: 'null'}]}}}"

func ExampleNewCore() {
	log := hydra.Must(hydra.Parse([]byte(flatConfig), hydra.WithDestination("", hydra.DestinationOptions{Name: "printed", Driver: printed{}})))
	defer log.Close()
	logger := zap.New(zaphydra.NewCore(log)).Named("payments")
	logger.Error("declined", zap.Int("cents", 1200), zap.Error(errors.New("no funds")), zap.Namespace("order"), zap.String("id", "A-17"))
	// Output:
	// {"level":"ERROR","layer":"default","logger":"payments","message":"declined","cents":1200,"error":"no funds","order":{"id":"A-17"}}
}
