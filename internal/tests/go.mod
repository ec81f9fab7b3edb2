module github.com/hydra-logger/hydra/internal/tests

go 1.26.0

require (
	github.com/gorilla/websocket v1.5.3
	github.com/hydra-logger/hydra v0.0.0
)
