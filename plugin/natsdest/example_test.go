package natsdest_test

import (
	"fmt"

	"github.com/hydra-logger/hydra/plugin/natsdest"
)

func ExampleNew() {
	d, err := natsdest.New(natsdest.Options{URL: "nats://logger:s3cret@nats.example:4222", Subject: "logs.{layer}"})
	fmt.Println(d.Describe(), err)
	// Output: nats://nats.example:4222 logs.{layer} <nil>
}
