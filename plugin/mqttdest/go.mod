module github.com/hydra-logger/hydra/plugin/mqttdest

go 1.26

require (
	github.com/eclipse/paho.golang v0.23.0
	github.com/hydra-logger/hydra v0.0.0
	github.com/mochi-mqtt/server/v2 v2.7.9
	go.uber.org/goleak v1.3.0
)
