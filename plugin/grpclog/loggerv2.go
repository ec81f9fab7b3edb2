package grpclog

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/hydra-logger/hydra"
	"google.golang.org/grpc/grpclog"
)

// DeliveryTimeout is how long a Fatal of gRPC waits for delivery.
const DeliveryTimeout = 5 * time.Second

// LoggerV2 writes what gRPC itself logs. It is safe for concurrent use, and does not close its logger.
type LoggerV2 struct {
	log       *hydra.Logger
	handler   slog.Handler
	verbosity int
}

var (
	_ grpclog.LoggerV2      = (*LoggerV2)(nil)
	_ grpclog.DepthLoggerV2 = (*LoggerV2)(nil)
)

// NewLoggerV2 is for grpclog.SetLoggerV2 of google.golang.org/grpc, which a program calls before anything else of gRPC. Info,
// Warning and Error are the levels of the same names; Fatal is CRITICAL, and returns when the record is delivered or after
// [DeliveryTimeout], for gRPC to exit. V(l) holds for l up to verbosity. A nil log writes nothing.
func NewLoggerV2(log *hydra.Logger, verbosity int) *LoggerV2 {
	if log == nil {
		log = hydra.Discard
	}
	return &LoggerV2{log, log.Handler(), verbosity}
}

// V implements grpclog.LoggerV2.
func (l *LoggerV2) V(level int) bool { return level <= l.verbosity }

// emit writes the text of what called the function of package grpclog that called a method here. depth leaves out more callers.
func (l *LoggerV2) emit(level slog.Level, depth int, text func() string) {
	ctx := context.Background()
	if !l.log.Enabled(ctx, level) {
		return
	}
	var pc [1]uintptr
	runtime.Callers(4+depth, pc[:]) // Callers, emit, the method, package grpclog
	r := slog.NewRecord(time.Now(), level, strings.TrimSuffix(text(), "\n"), pc[0])
	_ = l.handler.Handle(ctx, r) // its error is always nil
}

func (l *LoggerV2) fatal() {
	ctx, cancel := context.WithTimeout(context.Background(), DeliveryTimeout)
	defer cancel()
	_ = l.log.Flush(ctx) // the program ends next; what is pending is in the journal
}

func sprint(args []any) func() string   { return func() string { return fmt.Sprint(args...) } }
func sprintln(args []any) func() string { return func() string { return fmt.Sprintln(args...) } }
func sprintf(format string, args []any) func() string {
	return func() string { return fmt.Sprintf(format, args...) }
}

func (l *LoggerV2) Info(args ...any)               { l.emit(hydra.LevelInfo, 0, sprint(args)) }
func (l *LoggerV2) Infoln(args ...any)             { l.emit(hydra.LevelInfo, 0, sprintln(args)) }
func (l *LoggerV2) Infof(f string, args ...any)    { l.emit(hydra.LevelInfo, 0, sprintf(f, args)) }
func (l *LoggerV2) InfoDepth(d int, args ...any)   { l.emit(hydra.LevelInfo, d, sprintln(args)) }
func (l *LoggerV2) Warning(args ...any)            { l.emit(hydra.LevelWarning, 0, sprint(args)) }
func (l *LoggerV2) Warningln(args ...any)          { l.emit(hydra.LevelWarning, 0, sprintln(args)) }
func (l *LoggerV2) Warningf(f string, args ...any) { l.emit(hydra.LevelWarning, 0, sprintf(f, args)) }
func (l *LoggerV2) WarningDepth(d int, args ...any) {
	l.emit(hydra.LevelWarning, d, sprintln(args))
}
func (l *LoggerV2) Error(args ...any)             { l.emit(hydra.LevelError, 0, sprint(args)) }
func (l *LoggerV2) Errorln(args ...any)           { l.emit(hydra.LevelError, 0, sprintln(args)) }
func (l *LoggerV2) Errorf(f string, args ...any)  { l.emit(hydra.LevelError, 0, sprintf(f, args)) }
func (l *LoggerV2) ErrorDepth(d int, args ...any) { l.emit(hydra.LevelError, d, sprintln(args)) }

// Fatal returns: package grpclog exits.
func (l *LoggerV2) Fatal(args ...any) {
	l.emit(hydra.LevelCritical, 0, sprint(args))
	l.fatal()
}

func (l *LoggerV2) Fatalln(args ...any) {
	l.emit(hydra.LevelCritical, 0, sprintln(args))
	l.fatal()
}

func (l *LoggerV2) Fatalf(f string, args ...any) {
	l.emit(hydra.LevelCritical, 0, sprintf(f, args))
	l.fatal()
}

func (l *LoggerV2) FatalDepth(d int, args ...any) {
	l.emit(hydra.LevelCritical, d, sprintln(args))
	l.fatal()
}
