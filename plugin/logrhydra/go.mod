module github.com/hydra-logger/hydra/plugin/logrhydra

go 1.26

require (
	github.com/hydra-logger/hydra v0.0.0
	github.com/go-logr/logr v1.4.4
	go.uber.org/goleak v1.3.0
)
