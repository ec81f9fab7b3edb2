package lines

import (
	"bytes"
	"log/slog"
	"strings"
)

const (
	guessBytes = 160 // how far into a line a level is looked for
	guessWords = 8
)

// guessLevel finds the level of a text line from its leading words:
//
//	ERROR disk full            [warn] slow query          level=info msg=...
//	2024-01-02 15:04:05 INFO x W0102 15:04:05.678 klog    panic: boom
//	<3>kernel style            WARNING:root:python        | time | ERROR | layer | hydra
func guessLevel(line []byte) (slog.Level, bool) {
	if len(line) > guessBytes {
		line = line[:guessBytes]
	}
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		return guessOfTrace(line, i)
	}
	return guessOfLine(line)
}

// guessOfTrace is for several lines, which are a stack trace: an error unless the first line says otherwise.
func guessOfTrace(text []byte, end int) (slog.Level, bool) {
	if level, ok := guessOfLine(text[:end]); ok {
		return level, true
	}
	return slog.LevelError, true
}

func guessOfLine(line []byte) (slog.Level, bool) {
	line = bytes.TrimLeft(line, " \t|")
	if level, ok := klogLevel(line); ok {
		return level, true
	}
	if len(line) > 3 && line[0] == '<' && line[2] == '>' && line[1] >= '0' && line[1] <= '7' {
		return syslogLevel(int(line[1] - '0'))
	}
	switch {
	case bytes.HasPrefix(line, []byte("fatal error: ")):
		return levelCritical, true
	case bytes.HasPrefix(line, pyHead), bytes.HasPrefix(line, []byte("Exception in thread ")):
		return slog.LevelError, true
	}
	return guessByWords(plain(line))
}

// klogLevel reads I0102 15:04:05: the level's letter, month and day.
func klogLevel(line []byte) (slog.Level, bool) {
	if len(line) < 8 || !allDigits(string(line[1:5])) || line[5] != ' ' || line[6] < '0' || line[6] > '9' {
		return 0, false
	}
	switch line[0] {
	case 'I':
		return slog.LevelInfo, true
	case 'W':
		return slog.LevelWarn, true
	case 'E':
		return slog.LevelError, true
	case 'F':
		return levelCritical, true
	}
	return 0, false
}

// Plain is the text of a line without terminal codes.
func Plain(line []byte) string { return plain(line) }

// plain removes terminal codes.
func plain(line []byte) string {
	if bytes.IndexByte(line, 0x1b) < 0 {
		return string(line)
	}
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		if line[i] != 0x1b {
			b.WriteByte(line[i])
			continue
		}
		for i++; i < len(line) && (line[i] == '[' || line[i] == ';' || line[i] >= '0' && line[i] <= '9'); i++ {
		}
	}
	return b.String()
}

// word is one word of a line with the marks around it.
type word struct {
	text      string
	bracketed bool // [x] or (x)
	colon     bool // x: or x]:
}

func guessByWords(line string) (slog.Level, bool) {
	dated := false
	for n := 0; n < guessWords && line != ""; n++ {
		var w word
		w, line = nextWord(line)
		if key, value, ok := strings.Cut(w.text, "="); ok {
			if isLevelKey(key) {
				return levelByName(strings.Trim(value, `"'`))
			}
			dated = dated || isTimeKey(key) // logfmt: the level may come later
			continue
		}
		if w.text == "" || w.text == "-" {
			continue
		}
		if level, ok := w.level(n == 0); ok {
			return level, true
		}
		if timeLike(w.text) {
			dated = true
			continue
		}
		if !dated && !w.bracketed {
			return 0, false // an ordinary word: what follows is prose
		}
	}
	return 0, false
}

// level reads the word as a level: written large anywhere, written small where marks set it apart.
func (w word) level(first bool) (slog.Level, bool) {
	if len(w.text) == 1 && w.bracketed {
		switch w.text {
		case "T", "D", "I", "W", "E", "F", "C":
			return levelOfLetter(w.text[0]), true
		}
	}
	level, ok := levelByName(w.text)
	if !ok {
		return 0, false
	}
	loud := w.text == strings.ToUpper(w.text)
	return level, loud || w.bracketed || first && w.colon
}

func levelOfLetter(c byte) slog.Level {
	switch c {
	case 'T':
		return levelTrace
	case 'D':
		return slog.LevelDebug
	case 'W':
		return slog.LevelWarn
	case 'E':
		return slog.LevelError
	case 'F', 'C':
		return levelCritical
	}
	return slog.LevelInfo
}

// nextWord cuts the first word off. A colon ends it when letters follow, as in WARNING:root:text.
func nextWord(s string) (word, string) {
	end := strings.IndexAny(s, " \t|")
	rest := ""
	if end >= 0 {
		rest = strings.TrimLeft(s[end:], " \t|")
		s = s[:end]
	}
	w := word{bracketed: s != "" && strings.IndexByte("[(", s[0]) >= 0}
	s = strings.TrimLeft(s, "[(")
	if i := strings.IndexByte(s, ':'); i > 0 && (i+1 == len(s) || isLetters(s[:i])) {
		w.colon = true
		if i+1 < len(s) {
			rest = s[i+1:] + " " + rest
		}
		s = s[:i]
	}
	w.text = strings.TrimRight(s, "]):,;")
	return w, rest
}

func isLetters(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return s != ""
}

func isLevelKey(key string) bool {
	switch key {
	case "level", "lvl", "severity", "loglevel", "log.level":
		return true
	}
	return false
}

func isTimeKey(key string) bool {
	switch key {
	case "time", "ts", "t", "timestamp", "date":
		return true
	}
	return false
}

// timeLike reports whether a word can be part of a date, a time, a zone or a number of a process.
func timeLike(s string) bool {
	if n := len(s) - 2; n > 0 && (s[n:] == "AM" || s[n:] == "PM") {
		s = s[:n]
	}
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case strings.IndexByte(":-/.,+TZ#_", c) >= 0:
		default:
			return isMonthOrZone(s)
		}
	}
	return digits > 0
}

func isMonthOrZone(s string) bool {
	switch s {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
		"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "UTC", "GMT", "CET", "CEST", "AM", "PM":
		return true
	}
	return false
}
