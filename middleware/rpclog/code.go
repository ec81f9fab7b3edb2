package rpclog

import (
	"fmt"
	"log/slog"

	"github.com/hydra-logger/hydra"
)

// Code is how a call ended, by the numbers that gRPC and Connect share; 0 is success.
type Code uint32

// The codes.
const (
	OK Code = iota
	Canceled
	Unknown
	InvalidArgument
	DeadlineExceeded
	NotFound
	AlreadyExists
	PermissionDenied
	ResourceExhausted
	FailedPrecondition
	Aborted
	OutOfRange
	Unimplemented
	Internal
	Unavailable
	DataLoss
	Unauthenticated
)

// String is the name as Go code has it: NotFound.
func (c Code) String() string {
	names := [...]string{"OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied",
		"ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated"}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("Code(%d)", uint32(c))
}

// ServerLevel is the level of a call that a server ended with this code, the same as that of go-grpc-middleware.
func ServerLevel(c Code) slog.Level {
	switch c {
	case OK, NotFound, Canceled, AlreadyExists, InvalidArgument, Unauthenticated:
		return hydra.LevelInfo
	case DeadlineExceeded, PermissionDenied, ResourceExhausted, FailedPrecondition, Aborted, OutOfRange, Unavailable:
		return hydra.LevelWarning
	}
	return hydra.LevelError
}

// ClientLevel is the level of a call that a client saw end with this code, the same as that of go-grpc-middleware.
func ClientLevel(c Code) slog.Level {
	switch c {
	case OK, Canceled, InvalidArgument, NotFound, AlreadyExists, ResourceExhausted, FailedPrecondition, Aborted, OutOfRange:
		return hydra.LevelDebug
	case Unimplemented, Internal, Unavailable, DataLoss:
		return hydra.LevelWarning
	}
	return hydra.LevelInfo
}
