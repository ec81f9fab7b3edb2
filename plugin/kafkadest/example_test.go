package kafkadest_test

import (
	"fmt"

	"github.com/hydra-logger/hydra/plugin/kafkadest"
)

func ExampleNew() {
	d, err := kafkadest.New(kafkadest.Options{Brokers: []string{"kafka.example:9092"}, Topic: "logs-{layer}", User: "logger", Password: "s3cret"})
	fmt.Println(d.Describe(), err)
	// Output: kafka://kafka.example:9092 logs-{layer} <nil>
}
