// Package cloudeventshydra ties github.com/cloudevents/sdk-go to Hydra-Logger.
//
//	c, err := client.New(protocol,
//		client.WithObservabilityService(cloudeventshydra.New(log)),
//		client.WithEventDefaulter(cloudeventshydra.Defaulter),
//	)
//
// The ids of an event are its attributes: id, and those of the CloudEvents extensions "Correlation" (correlationid, causationid)
// and "Distributed Tracing" (traceparent, tracestate). The SDK's own logger takes nothing but zap: give it one over plugin/zaphydra.
package cloudeventshydra
