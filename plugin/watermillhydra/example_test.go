package watermillhydra_test

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/plugin/watermillhydra"
)

// printed prints JSON lines without times and durations, which an example can't compare.
type printed struct{}

var varies = regexp.MustCompile(`"timestamp":"[^"]*",|,"duration":[^,}]*`)

func (printed) Deliver(_ context.Context, b *destination.Batch) error {
	for _, it := range b.Items {
		fmt.Print(varies.ReplaceAllString(string(b.Data[it.Start:it.End]), ""))
	}
	return nil
}

func (printed) Close(context.Context) error { return nil }
func (printed) Local() bool                 { return true }

const config = "{mode: sync, layers: {default: {destinations: [{type: 'null'}]}}}"

func ExampleMiddleware() {
	log := hydra.Must(hydra.Parse([]byte(config), hydra.WithDestination("", hydra.DestinationOptions{Name: "printed", Driver: printed{}})))
	defer log.Close()

	quiet := watermillhydra.NewLogger(nil) // or NewLogger(log), for what Watermill itself says
	bus := gochannel.NewGoChannel(gochannel.Config{BlockPublishUntilSubscriberAck: true}, quiet)
	router, err := message.NewRouter(message.RouterConfig{}, quiet)
	if err != nil {
		panic(err)
	}
	router.AddMiddleware(watermillhydra.Middleware(log))
	router.AddConsumerHandler("pay", "orders", bus, func(msg *message.Message) error {
		hydra.FromContext(msg.Context()).Info(msg.Context(), "charging the card")
		return nil
	})
	ended := make(chan error)
	go func() { ended <- router.Run(context.Background()) }()
	<-router.Running()

	order := message.NewMessage("order-17", []byte("{}"))
	order.Metadata.Set("correlation_id", "flow-1")
	_ = bus.Publish("orders", order)
	_ = router.Close()
	select {
	case <-ended:
	case <-time.After(time.Minute):
	}
	_ = bus.Close()
	// Output:
	// {"level":"INFO","layer":"default","message":"charging the card","correlation_id":"flow-1","message_id":"order-17","handler_name":"pay","subscriber_name":"gochannel.GoChannel","topic":"orders"}
	// {"level":"INFO","layer":"default","message":"message handled","correlation_id":"flow-1","message_id":"order-17","handler_name":"pay","subscriber_name":"gochannel.GoChannel","topic":"orders"}
}
