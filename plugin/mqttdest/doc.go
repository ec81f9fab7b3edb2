// Package mqttdest delivers records to brokers of MQTT 5 with quality of service 1.
//
//	log, err := hydra.Open("hydra.yaml", mqttdest.Register())
//
// makes the type "mqtt" known to the configuration:
//
//	destinations:
//	  - type: mqtt
//	    url: mqtts://mqtt.example:8883
//	    credentials: {username: logger, password: "${MQTT_PASSWORD}"}
//	    options: {topic: "logs/{layer}/{level}"}
//
// Each record is one message. Its user properties are record_id, correlation_id, causation_id, message_id and
// traceparent, as far as the record has them.
//
// A record has arrived when the broker has acknowledged it (PUBACK), whether anybody subscribes to its topic or not: the broker
// keeps a message for the subscribers that it knows, and for nobody else.
//
// MQTT with QoS 1 does not deduplicate. When a connection is lost, the messages that were under way, at most MaxPending
// and what the broker's Receive Maximum says, may come twice; after a crash of the program it is the batch that was under
// way. record_id tells.
package mqttdest
