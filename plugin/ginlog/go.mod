module github.com/hydra-logger/hydra/plugin/ginlog

go 1.26

require (
	github.com/coder/websocket v1.8.15
	github.com/hydra-logger/hydra v0.0.0
	github.com/gin-gonic/gin v1.12.0
	go.uber.org/goleak v1.3.0
)
