// Package natsdest delivers records to NATS: to a JetStream stream, where the record's id is the Nats-Msg-Id and the
// server keeps each record once, or to a subject of core NATS.
//
//	log, err := hydra.Open("hydra.yaml", natsdest.Register())
//
// makes the type "nats" known to the configuration:
//
//	destinations:
//	  - type: nats
//	    url: nats://nats.example:4222
//	    options: {subject: "logs.{layer}.{level}"}
//
// Each record is one message. Its headers are Nats-Msg-Id (the record's id), correlation_id, causation_id, message_id and
// traceparent, as far as the record has them.
package natsdest
