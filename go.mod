module github.com/hydra-logger/hydra

go 1.26.0

require (
	github.com/coder/websocket v1.8.15
	go.yaml.in/yaml/v4 v4.0.0
	golang.org/x/sys v0.49.0
)

require github.com/klauspost/compress v1.20.3
