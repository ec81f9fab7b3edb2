// Package redisdest delivers records to streams of Redis 5 and later (XADD).
//
//	log, err := hydra.Open("hydra.yaml", redisdest.Register())
//
// makes the type "redis" known to the configuration:
//
//	destinations:
//	  - type: redis
//	    url: redis://redis.example:6379/0
//	    credentials: {username: logger, password: "${REDIS_PASSWORD}"}
//	    options: {stream: "logs:{layer}", max_len: 1000000}
//
// Each record is one entry. Its fields are data (the formatted record), record_id, correlation_id, causation_id, message_id
// and traceparent, as far as the record has them.
//
// An entry is added by a script that first takes the record's id down in a key of its own, which expires after
// DedupeWindow: a record that comes again while the key is there is not added again. Redis acknowledges what it has in
// memory; what outlives a crash of Redis is decided by its appendfsync.
package redisdest
