package amqpdest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/dial"
	"github.com/hydra-logger/hydra/plugin/amqpdest"
)

func tlsOf(ca string) *dial.TLS { return &dial.TLS{CA: ca} }

func TestWrongOptionsAreRefused(t *testing.T) {
	for want, o := range map[string]amqpdest.Options{
		"address of a broker": {},
		"scheme":              {URL: "http://u:s3cret@h"},
		"virtual host":        {URL: "amqp://u:s3cret@h/v?heartbeat=5"},
		"placeholders":        {URL: "amqp://h", RoutingKey: "{x}"},
		"max_pending":         {URL: "amqp://h", MaxPending: -1},
		"exchange":            {URL: "amqp://h", Exchange: strings.Repeat("x", 256)},
		"authorities":         {URL: "amqps://h", TLS: tlsOf("/nowhere")},
		"port":                {URL: "amqp://u:s3cret@h:0"},
	} {
		if _, err := amqpdest.New(o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", want, err)
		}
	}
}

func TestAConfigurationThatMakesNoSenseIsRefused(t *testing.T) {
	for want, d := range map[string]config.ResolvedDestination{
		"url is missing": {},
		"auth_token":     {Network: config.Network{URL: "amqp://h", AuthToken: "s3cret"}},
		"credentials":    {Network: config.Network{URL: "amqp://h", Credentials: map[string]string{"key": "s3cret"}}},
		"exchanje":       {Options: map[string]any{"exchanje": "logs"}, Network: config.Network{URL: "amqp://h"}},
	} {
		if _, err := amqpdest.Factory(context.Background(), d); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", want, err)
		}
	}
}

func TestABrokerThatIsDownIsRetriedAndTheErrorHoldsNoPassword(t *testing.T) {
	d, err := amqpdest.New(amqpdest.Options{URL: "amqp://logger:s3cret@127.0.0.1:1/"})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{d.Deliver(context.Background(), &destination.Batch{Items: make([]destination.Item, 1)}), d.Probe(context.Background())} {
		if destination.OutcomeOf(err).Kind != destination.Retrying || strings.Contains(err.Error()+d.Describe(), "s3cret") {
			t.Error(err)
		}
	}
}

func ExampleNew() {
	d, err := amqpdest.New(amqpdest.Options{URL: "amqps://logger:s3cret@rabbit.example/", Exchange: "logs", RoutingKey: "{layer}"})
	fmt.Println(d.Describe(), err)
	// Output: amqps://rabbit.example:5671 logs/{layer} <nil>
}
