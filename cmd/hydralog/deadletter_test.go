package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/state"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/record"
)

// bury makes dead letters of the destination that its second argument names, with the messages that follow, as a service would.
func bury() {
	setup, err := state.Load(os.Args[1])
	if err != nil {
		panic(err)
	}
	if err := os.MkdirAll(setup.Dir, 0o700); err != nil {
		panic(err)
	}
	store, err := hydra.DeadLetters(*setup.Config, os.Args[2])
	if err != nil {
		panic(err)
	}
	for i, message := range os.Args[3:] {
		var e record.Encoder
		raw := e.Encode(&record.Header{Time: time.Now().UnixNano(), Level: slog.LevelError, Layer: "default", Message: message}, nil, nil)
		_, err := store.Put([]destination.Letter{{
			Item:  destination.Item{Raw: bytes.Clone(raw), Level: slog.LevelError, Journal: [16]byte{7}, Position: uint64(16 * (i + 1))},
			Cause: destination.DropRejected, Reason: errors.New("400: \x1b[31mbad\nvalue").Error(), Tries: 1, Died: time.Now(),
		}})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
