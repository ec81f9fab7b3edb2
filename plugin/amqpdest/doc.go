// Package amqpdest delivers records to RabbitMQ and other AMQP 0-9-1 brokers with publisher confirms.
//
//	log, err := hydra.Open("hydra.yaml", amqpdest.Register())
//
// makes the type "amqp" known to the configuration:
//
//	destinations:
//	  - type: amqp
//	    url: amqps://rabbit.example:5671/
//	    credentials: {username: logger, password: "${AMQP_PASSWORD}"}
//	    options: {exchange: logs, routing_key: "{layer}.{level}"}
//
// Each record is one persistent message. Its MessageId is the record's id, its CorrelationId the correlation id; the headers
// are correlation_id, causation_id, message_id and traceparent, as far as the record has them.
//
// A record has arrived when the broker has confirmed it (basic.ack) and a queue has taken it: what the exchange routes
// to no queue comes back and is delivered again, until somebody binds one, unless DiscardUnroutable says that
// nobody need listen. Exchanges and queues are not declared here.
//
// The broker does not deduplicate. When a connection is lost, the messages that were under way, MaxPending at
// most, may be in a queue twice; after a crash of the program it is the batch that was under way. MessageId tells.
package amqpdest
