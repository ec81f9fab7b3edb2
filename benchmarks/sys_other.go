//go:build !linux

package main

import (
	"errors"
	"runtime"
	"time"
)

var errNotHere = errors.New("this table needs Linux")

func processCPU() time.Duration { return 0 }

func threadCPU() time.Duration { return 0 }

type counter struct{}

func openCounter(string) (*counter, error) { return nil, errNotHere }

func (c *counter) value() *uint64 { return new(uint64) }

func (c *counter) close() error { return nil }

func makePipe(string) error { return errNotHere }

func fileSystem(string) string { return "unknown file system" }

func processor() string { return runtime.GOARCH }

func load() string { return "unknown" }
