// Package hydra is a structured logger for event-driven services: one logger,
// many heads. A record is accepted once and delivered to any number of
// destinations, each with its own level, format, pace and fate.
//
//	log, err := hydra.Open("hydra.yaml")
//	if err != nil {
//		return err
//	}
//	defer log.Guard()
//	log.Info(ctx, "processing order", slog.String("order_id", id))
//
// When a log call returns and there is a state directory, the record survives
// kill -9, a panic, os.Exit and an OOM kill: it is in the journal, a set of
// memory-mapped files, and is delivered at the latest by the next start. The
// caller touches memory only and never waits for a destination. What became of
// every record is in the ledger that [Logger.Health] returns.
//
// A [Logger] is a [log/slog] handler by [Logger.Handler] and [Logger.Slog].
package hydra
