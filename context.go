package hydra

import (
	"context"
	"log/slog"

	"github.com/hydra-logger/hydra/correlation"
)

type loggerKey struct{}

// NewContext returns a context that carries log, for [FromContext].
func NewContext(ctx context.Context, log *Logger) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	return context.WithValue(ctx, loggerKey{}, log)
}

// FromContext returns the logger that ctx carries, else the default one. It never returns nil.
func FromContext(ctx context.Context) *Logger {
	if ctx != nil {
		if log, _ := ctx.Value(loggerKey{}).(*Logger); log != nil {
			return log
		}
	}
	return Default()
}

// WithAttrs returns a context that carries attrs: every record that is made with it, by any logger, has them before the
// attributes of [Logger.With] and of the call. They are encoded once, here, with the default limits; redaction and the
// other processors see them as they see the rest.
func WithAttrs(ctx context.Context, attrs ...slog.Attr) context.Context {
	return correlation.WithAttrs(ctx, attrs...)
}
