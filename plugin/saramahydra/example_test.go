package saramahydra_test

import (
	"context"
	"fmt"

	"github.com/IBM/sarama"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/saramahydra"
)

func ExampleInterceptor() {
	config := sarama.NewConfig()
	config.Producer.Interceptors = []sarama.ProducerInterceptor{saramahydra.Interceptor{}}

	ctx := correlation.Ensure(context.Background(), "flow-1")
	m := &sarama.ProducerMessage{Topic: "orders", Metadata: ctx}
	config.Producer.Interceptors[0].OnSend(m) // a producer does it
	for _, h := range m.Headers {
		fmt.Printf("%s: %s\n", h.Key, h.Value)
	}
	// Output:
	// correlation_id: flow-1
}
