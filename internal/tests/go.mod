module github.com/hydra-logger/hydra/internal/tests

go 1.26.0

require (
	github.com/fxamacker/cbor/v2 v2.10.0
	github.com/coder/websocket v1.8.15
	github.com/go-chi/chi/v5 v5.5.0
	github.com/gorilla/websocket v1.5.3
	github.com/hydra-logger/hydra v0.0.0
	github.com/leodido/go-syslog/v4 v4.5.0
)

require github.com/x448/float16 v0.8.4 // indirect
