package redishydra

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/hydra-logger/hydra"
)

// The keys of the attributes that this package writes.
const (
	CommandKey  = "command"  // its name, or those of a pipeline
	CommandsKey = "commands" // their number, of a pipeline
	FailedKey   = "failed"   // their number, of a pipeline
	SlowKey     = "slow"
	AddrKey     = "addr"
)

// maxNames is how many commands of a pipeline are named.
const maxNames = 10

// Options are the settings of a [Hook]. The zero value means all defaults.
type Options struct {
	// Slow is the time from which a command or pipeline is logged as slow. Default: none is.
	Slow time.Duration
}

// Hook is a hook for the AddHook of a client: see [NewHook].
type Hook struct {
	log *hydra.Logger
	o   Options
}

var _ redis.Hook = (*Hook)(nil)

// NewHook returns a hook that writes one record a command or pipeline, with its name and duration, and the ids of its context: at DEBUG, at WARNING
// when it was slow, at ERROR when it failed. redis.Nil, and a WATCH that another client was ahead of (redis.TxFailedErr), are no failures. A connection
// that can't be made is a WARNING. A nil log writes nothing.
func NewHook(log *hydra.Logger, o Options) *Hook { return &Hook{log: log, o: o} }

// DialHook implements redis.Hook.
func (h *Hook) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		began := time.Now()
		conn, err := next(ctx, network, addr)
		if err != nil {
			h.log.Warn(ctx, "redis: can't connect", slog.String(AddrKey, addr), slog.Duration(hydra.DurationKey, time.Since(began)), hydra.Err(err))
		}
		return conn, err
	}
}

// ProcessHook implements redis.Hook.
func (h *Hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		began := time.Now()
		err := next(ctx, cmd)
		h.write(ctx, "redis command", began, err, slog.String(CommandKey, cmd.FullName()))
		return err
	}
}

// ProcessPipelineHook implements redis.Hook.
func (h *Hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		began := time.Now()
		err := next(ctx, cmds)
		failed, first := failures(cmds)
		said := err
		if said == nil || harmless(said) {
			said = first
		}
		attrs := []slog.Attr{slog.String(CommandKey, names(cmds)), slog.Int(CommandsKey, len(cmds))}
		if failed > 0 {
			attrs = append(attrs, slog.Int(FailedKey, failed))
		}
		h.write(ctx, "redis pipeline", began, said, attrs...)
		return err
	}
}

func (h *Hook) write(ctx context.Context, text string, began time.Time, err error, attrs ...slog.Attr) {
	took := time.Since(began)
	level := hydra.LevelDebug
	slow := h.o.Slow > 0 && took >= h.o.Slow
	if slow {
		level = hydra.LevelWarning
	}
	if harmless(err) {
		err = nil
	}
	if err != nil {
		level = hydra.LevelError
	}
	if !h.log.Enabled(ctx, level) {
		return
	}
	attrs = append(attrs, slog.Duration(hydra.DurationKey, took))
	if slow {
		attrs = append(attrs, slog.Bool(SlowKey, true))
	}
	h.log.Log(ctx, level, text, append(attrs, hydra.Err(withoutArguments(err)))...)
}

func harmless(err error) bool { return errors.Is(err, redis.Nil) || errors.Is(err, redis.TxFailedErr) }

func failures(cmds []redis.Cmder) (n int, first error) {
	for _, c := range cmds {
		if err := c.Err(); err != nil && !harmless(err) {
			if n++; first == nil {
				first = err
			}
		}
	}
	return n, first
}

func names(cmds []redis.Cmder) string {
	var list []string
	for _, c := range cmds[:min(len(cmds), maxNames)] {
		list = append(list, c.FullName())
	}
	if len(cmds) > maxNames {
		list = append(list, "…")
	}
	return strings.Join(list, " ")
}

// withoutArguments cuts off the arguments that the server repeats when it does not know a command.
func withoutArguments(err error) error {
	if err == nil {
		return nil
	}
	if text, _, cut := strings.Cut(err.Error(), ", with args beginning with:"); cut {
		return errors.New(text)
	}
	return err
}
