// Package riverhydra ties github.com/riverqueue/river, a job queue in a database, to Hydra-Logger.
//
//	river.NewClient(driver, &river.Config{
//		Logger:     log.Slog(), // river takes a *slog.Logger: its records name the job by job_id
//		Middleware: []rivertype.Middleware{riverhydra.NewMiddleware(log.Layer("events"))},
//	})
//
// The middleware takes the ids of the context along in the metadata of a job, as river has no headers.
package riverhydra
