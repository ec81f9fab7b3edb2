// Package viewer reads log files, of this library and of others, and puts together what belongs together: the story
// of one correlation id across services.
//
//	s := viewer.NewStory(id, viewer.Options{})
//	for _, name := range files {
//		if err := s.File(name); err != nil { ... }
//	}
//	s.WriteText(os.Stdout, viewer.Style{})
//
// It understands JSON lines of Hydra-Logger in every schema, of slog, zap, zerolog, logrus, pino, bunyan, ECS and others (see
// package lines), plain-text, colored, detailed, logfmt, csv and syslog of Hydra-Logger, binary-compact, binary-extended, and text of
// anybody, each also compressed with gzip or zstd. Files are read once, as streams; what is kept is bounded.
package viewer
