module github.com/hydra-logger/hydra/plugin/echolog

go 1.26

require (
	github.com/coder/websocket v1.8.15
	github.com/hydra-logger/hydra v0.0.0
	github.com/labstack/echo/v4 v4.16.0
	go.uber.org/goleak v1.3.0
)
