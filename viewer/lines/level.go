package lines

import (
	"log/slog"
	"strconv"
	"strings"
)

// levelNames are the names of levels in lower case, as loggers of all languages spell them.
var levelNames = map[string]slog.Level{
	"trace": levelTrace, "trc": levelTrace, "finest": levelTrace, "finer": levelTrace, "silly": levelTrace,
	"debug": slog.LevelDebug, "dbg": slog.LevelDebug, "fine": slog.LevelDebug, "verbose": slog.LevelDebug, "config": slog.LevelDebug,
	"info": slog.LevelInfo, "inf": slog.LevelInfo, "information": slog.LevelInfo, "informational": slog.LevelInfo, "default": slog.LevelInfo,
	"notice": levelNotice,
	"warn":   slog.LevelWarn, "wrn": slog.LevelWarn, "warning": slog.LevelWarn,
	"error": slog.LevelError, "err": slog.LevelError, "eror": slog.LevelError, "severe": slog.LevelError,
	"critical": levelCritical, "crit": levelCritical, "fatal": levelCritical, "ftl": levelCritical, "panic": levelCritical,
	"dpanic": levelCritical, "emerg": levelCritical, "emergency": levelCritical, "alert": levelCritical,
}

// longestLevelName bounds what is looked up, so that a long word costs nothing.
const longestLevelName = 16

// Level reads the name of a level as loggers of all languages spell them, in any case: INFO, warn, ERROR+2.
func Level(s string) (slog.Level, bool) { return levelByName(s) }

// levelByName reads a name in any case, with an offset as log/slog writes it: INFO, warn, ERROR+2.
func levelByName(s string) (slog.Level, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > longestLevelName {
		return 0, false
	}
	offset := 0
	if i := strings.IndexAny(s, "+-"); i > 0 {
		n, err := strconv.Atoi(s[i:])
		if err != nil || n < -100 || n > 100 {
			return 0, false
		}
		s, offset = s[:i], n
	}
	level, ok := levelNames[strings.ToLower(s)]
	return level + slog.Level(offset), ok
}

// scale is how a program numbers its levels.
type scale uint8

const (
	scaleGuess  scale = iota
	scalePython       // 10 DEBUG ... 50 CRITICAL
	scaleSyslog       // 7 debug ... 0 emergency
	scaleOTel         // 1 trace ... 24 fatal
)

func levelByNumber(n int, s scale) (slog.Level, bool) {
	switch s {
	case scalePython:
		return pythonLevel(n)
	case scaleSyslog:
		return syslogLevel(n)
	case scaleOTel:
		return slog.Level(n - 9), n >= 1 && n <= 24
	}
	switch {
	case n >= 10 && n <= 60 && n%10 == 0:
		return pinoLevel(n), true
	case n >= 0 && n <= 7:
		return syslogLevel(n)
	case n >= -8 && n <= 12:
		return slog.Level(n), true
	}
	return 0, false
}

// pinoLevel reads the numbers of pino and bunyan: 10 trace, 20 debug, ... 60 fatal.
func pinoLevel(n int) slog.Level {
	return [...]slog.Level{levelTrace, slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError, levelCritical}[n/10-1]
}

func pythonLevel(n int) (slog.Level, bool) {
	switch {
	case n <= 0 || n > 100:
		return 0, false
	case n < 10:
		return levelTrace, true
	case n < 20:
		return slog.LevelDebug, true
	case n < 30:
		return slog.LevelInfo, true
	case n < 40:
		return slog.LevelWarn, true
	case n < 50:
		return slog.LevelError, true
	}
	return levelCritical, true
}

func syslogLevel(n int) (slog.Level, bool) {
	if n < 0 || n > 7 {
		return 0, false
	}
	return [...]slog.Level{
		levelCritical, levelCritical, levelCritical, slog.LevelError,
		slog.LevelWarn, levelNotice, slog.LevelInfo, slog.LevelDebug,
	}[n], true
}
