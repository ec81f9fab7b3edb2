module github.com/hydra-logger/hydra/plugin/riverhydra

go 1.26.0

require (
	github.com/hydra-logger/hydra v0.0.0
	github.com/riverqueue/river v0.51.2
	github.com/riverqueue/river/riverdriver/riversqlite v0.51.2
	github.com/riverqueue/river/rivertype v0.51.2
	go.uber.org/goleak v1.3.0
	modernc.org/sqlite v1.62.0
)
