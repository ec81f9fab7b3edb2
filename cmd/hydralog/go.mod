module github.com/hydra-logger/hydra/cmd/hydralog

go 1.26

require (
	github.com/alecthomas/kong v1.17.0
	github.com/google/jsonschema-go v0.4.3
	github.com/hydra-logger/hydra v0.0.0
	github.com/hydra-logger/hydra/plugin/all v0.0.0
	github.com/hydra-logger/hydra/plugin/natsdest v0.0.0
	github.com/nats-io/nats-server/v2 v2.15.2
	github.com/nats-io/nats.go v1.55.0
	github.com/rogpeppe/go-internal v1.16.0
	go.yaml.in/yaml/v4 v4.0.0
)
