module github.com/hydra-logger/hydra/plugin/echo5log

go 1.26

require (
	github.com/coder/websocket v1.8.15
	github.com/hydra-logger/hydra v0.0.0
	github.com/labstack/echo/v5 v5.4.4
	go.uber.org/goleak v1.3.0
)
