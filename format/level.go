package format

import "log/slog"

const (
	levelTrace    slog.Level = -8
	levelCritical slog.Level = 12
)

// AppendLevel appends the name of a level: TRACE, DEBUG, INFO, WARNING, ERROR or
// CRITICAL, or for a level between two of them the lower one and the distance: INFO+1.
// Below TRACE it is TRACE-1 and so on.
func AppendLevel(dst []byte, l slog.Level) []byte {
	base, name := levelBase(l)
	dst = append(dst, name...)
	if l == base {
		return dst
	}
	if l > base {
		dst = append(dst, '+')
	}
	return appendInt(dst, int64(l-base))
}

// levelBase returns the named level that l belongs to.
func levelBase(l slog.Level) (slog.Level, string) {
	switch {
	case l < slog.LevelDebug:
		return levelTrace, "TRACE"
	case l < slog.LevelInfo:
		return slog.LevelDebug, "DEBUG"
	case l < slog.LevelWarn:
		return slog.LevelInfo, "INFO"
	case l < slog.LevelError:
		return slog.LevelWarn, "WARNING"
	case l < levelCritical:
		return slog.LevelError, "ERROR"
	}
	return levelCritical, "CRITICAL"
}

// levelTable holds a text for each level from TRACE to CRITICAL.
type levelTable [levelCritical - levelTrace + 1]string

func newLevelTable(text func(l slog.Level) string) *levelTable {
	t := new(levelTable)
	for i := range t {
		t[i] = text(levelTrace + slog.Level(i))
	}
	return t
}

// get returns the text of l, or "" when the table does not reach that far.
func (t *levelTable) get(l slog.Level) string {
	if i := uint(l - levelTrace); i < uint(len(t)) {
		return t[i]
	}
	return ""
}
