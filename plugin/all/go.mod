module github.com/hydra-logger/hydra/plugin/all

go 1.26

require (
	github.com/hydra-logger/hydra v0.0.0
	github.com/hydra-logger/hydra/plugin/kafkadest v0.0.0
	github.com/hydra-logger/hydra/plugin/natsdest v0.0.0
	github.com/hydra-logger/hydra/plugin/redisdest v0.0.0
)
