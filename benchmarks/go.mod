module github.com/hydra-logger/hydra/benchmarks

go 1.26

require (
	github.com/go-chi/httplog/v3 v3.3.0
	github.com/hydra-logger/hydra v0.0.0
	github.com/klauspost/compress v1.20.3
	github.com/phuslu/log v1.0.121
	github.com/rs/zerolog v1.35.1
	github.com/samber/slog-http v1.12.1
	github.com/sirupsen/logrus v1.10.2
	go.uber.org/zap v1.28.0
)
