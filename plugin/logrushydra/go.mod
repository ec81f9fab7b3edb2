module github.com/hydra-logger/hydra/plugin/logrushydra

go 1.26

require (
	github.com/hydra-logger/hydra v0.0.0
	github.com/sirupsen/logrus v1.10.2
	go.uber.org/goleak v1.3.0
)
