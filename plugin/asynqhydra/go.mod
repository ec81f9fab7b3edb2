module github.com/hydra-logger/hydra/plugin/asynqhydra

go 1.26

require (
	github.com/hibiken/asynq v0.26.0
	github.com/hydra-logger/hydra v0.0.0
	go.uber.org/goleak v1.3.0
)
