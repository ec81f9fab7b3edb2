// Package franzhydra ties github.com/twmb/franz-go, a Kafka client, to Hydra-Logger.
//
//	client, err := kgo.NewClient(
//		kgo.WithLogger(franzhydra.NewLogger(log)),
//		kgo.WithHooks(franzhydra.NewHooks(log.Layer("events"))),
//	)
//
// [NewLogger] is the client's own logger. [NewHooks] writes the ids of a record's context into its headers when it is produced, puts the
// ids of a fetched record into its Context, and logs what could not be delivered. No log destination may lead through such a client: use plugin/kafkadest.
package franzhydra
