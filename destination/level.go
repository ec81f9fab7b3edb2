package destination

import "log/slog"

// LevelWord is a level as a word of a subject, a topic or a routing key: debug, info, warning, error or critical. Levels between
// these belong to the one below, those under DEBUG to debug.
func LevelWord(l slog.Level) string {
	switch {
	case l < slog.LevelInfo:
		return "debug"
	case l < slog.LevelWarn:
		return "info"
	case l < slog.LevelError:
		return "warning"
	case l < slog.LevelError+4:
		return "error"
	}
	return "critical"
}
