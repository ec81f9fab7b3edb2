// Package kafkadest delivers records to Kafka with an idempotent producer, all in-sync replicas acknowledging.
//
//	log, err := hydra.Open("hydra.yaml", kafkadest.Register())
//
// makes the type "kafka" known to the configuration:
//
//	destinations:
//	  - type: kafka
//	    use_tls: true
//	    credentials: {username: logger, password: "${KAFKA_PASSWORD}"}
//	    options: {brokers: ["k1:9093", "k2:9093"], topic: "logs-{layer}", sasl: scram-sha-512}
//
// Each record is one message. Its key is the correlation id, so that a flow stays in order within a partition; its headers
// are record_id, correlation_id, causation_id, message_id and traceparent, as far as the record has them.
//
// The broker knows what it has taken from a producer, and takes nothing twice; a delivery that is tried again while the
// program runs waits for the messages that are under way in place of sending others. After a crash of the program the batches
// that were under way may come twice: record_id tells.
package kafkadest
