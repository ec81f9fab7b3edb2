package hydra

import "context"

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
