package zerologhydra

import (
	"context"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/record"
	"github.com/rs/zerolog"
)

// DeliveryTimeout is how long a record at Panic or Fatal waits for delivery.
const DeliveryTimeout = 5 * time.Second

// ParseErrorKey is the key of the attribute that says why a line is the message of its record as it came: it is no JSON object.
const ParseErrorKey = "parse_error"

// Names of the fields that become ids.
const (
	correlationKey = "correlation_id"
	causationKey   = "causation_id"
	messageIDKey   = "message_id"
	traceKey       = "trace_id"
	spanKey        = "span_id"
	flagsKey       = "trace_flags"
)

// Writer is a zerolog.LevelWriter. It is safe for concurrent use, and does not close its logger.
type Writer struct {
	log     *hydra.Logger
	handler slog.Handler
}

var _ zerolog.LevelWriter = (*Writer)(nil)

// NewWriter returns a writer to log. A nil log writes nothing.
func NewWriter(log *hydra.Logger) *Writer {
	if log == nil {
		log = hydra.Discard
	}
	return &Writer{log: log, handler: log.Handler()}
}

// LevelOf returns Hydra-Logger's level for one of zerolog's; one without a level is INFO.
func LevelOf(l zerolog.Level) slog.Level {
	switch {
	case l <= zerolog.TraceLevel:
		return hydra.LevelTrace
	case l == zerolog.DebugLevel:
		return hydra.LevelDebug
	case l == zerolog.WarnLevel:
		return hydra.LevelWarning
	case l == zerolog.ErrorLevel:
		return hydra.LevelError
	case l == zerolog.FatalLevel, l == zerolog.PanicLevel:
		return hydra.LevelCritical
	}
	return hydra.LevelInfo
}

// Write implements io.Writer, for what wraps a writer without its levels: the level is that of the line.
func (w *Writer) Write(line []byte) (int, error) { return w.WriteLevel(zerolog.NoLevel, line) }

// WriteLevel implements zerolog.LevelWriter. A line that is no JSON object becomes the message of a record, with [ParseErrorKey]. At
// Panic and Fatal it returns when the record is delivered, or after [DeliveryTimeout] with the error that says what is pending.
func (w *Writer) WriteLevel(level zerolog.Level, line []byte) (int, error) {
	ctx := context.Background()
	if level != zerolog.NoLevel && !w.handler.Enabled(ctx, LevelOf(level)) {
		return len(line), nil
	}
	e := event{level: level}
	if err := e.parse(line); err != nil {
		e = event{level: level, message: string(trimmed(line)), attrs: []slog.Attr{slog.String(ParseErrorKey, err.Error())}}
	}
	if e.time.IsZero() {
		e.time = time.Now()
	}
	r := slog.NewRecord(e.time, LevelOf(e.level), e.message, 0)
	r.AddAttrs(e.attrs...)
	if ids, ok := e.takeIDs(); ok {
		ctx = correlation.With(ctx, ids)
	}
	if err := w.handler.Handle(ctx, r); err != nil {
		return 0, err
	}
	if LevelOf(e.level) < hydra.LevelCritical {
		return len(line), nil
	}
	ctx, cancel := context.WithTimeout(ctx, DeliveryTimeout)
	defer cancel()
	return len(line), w.log.Flush(ctx)
}

// IDs is a hook that writes the ids of an event's context (zerolog's Ctx, of the event or the logger) as fields.
type IDs struct{}

// Run implements zerolog.Hook.
func (IDs) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	ids, ok := correlation.FromContext(e.GetCtx())
	if !ok {
		return
	}
	for _, f := range [][2]string{{correlationKey, ids.CorrelationID}, {causationKey, ids.CausationID}, {messageIDKey, ids.MessageID}} {
		if f[1] != "" {
			e.Str(f[0], f[1])
		}
	}
	if ids.TraceID != [16]byte{} && ids.SpanID != [8]byte{} {
		e.Hex(traceKey, ids.TraceID[:]).Hex(spanKey, ids.SpanID[:]).Str(flagsKey, hex.EncodeToString([]byte{ids.TraceFlags}))
	}
}

// ids of a line, as they came.
type found struct{ correlation, causation, message, trace, span, flags string }

// takeIDs returns the ids of the line.
func (e *event) takeIDs() (record.IDs, bool) {
	ids := record.IDs{CorrelationID: e.ids.correlation, CausationID: e.ids.causation, MessageID: e.ids.message}
	if e.ids.trace != "" {
		ids.TraceID, ids.SpanID, ids.TraceFlags, _ = correlation.ParseTraceparent("00-" + e.ids.trace + "-" + e.ids.span + "-" + e.ids.flags)
	}
	return ids, ids != record.IDs{}
}
