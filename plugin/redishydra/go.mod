module github.com/hydra-logger/hydra/plugin/redishydra

go 1.26

require (
	github.com/hydra-logger/hydra v0.0.0
	github.com/redis/go-redis/v9 v9.23.0
	go.uber.org/goleak v1.3.0
)
