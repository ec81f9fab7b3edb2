package logrushydra_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/plugin/logrushydra"
	"github.com/sirupsen/logrus"
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

const config = "{mode: sync, layers: {default: {destinations: [{type: 'null'}]}}}"

func ExampleNewHook() {
	log := hydra.Must(hydra.Parse([]byte(config), hydra.WithDestination("", hydra.DestinationOptions{Name: "printed", Driver: printed{}})))
	defer log.Close()
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	logger.AddHook(logrushydra.NewHook(log))
	logger.WithField("cents", 1200).WithError(errors.New("no funds")).Error("declined")
	// Output:
	// {"level":"ERROR","layer":"default","message":"declined","cents":1200,"error":"no funds"}
}
