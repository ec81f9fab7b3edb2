module github.com/hydra-logger/hydra/plugin/zerologhydra

go 1.26

require (
	github.com/hydra-logger/hydra v0.0.0
	github.com/rs/zerolog v1.35.1
	go.uber.org/goleak v1.3.0
)
