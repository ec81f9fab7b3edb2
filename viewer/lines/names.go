package lines

import (
	"strconv"
	"strings"
)

// The names under which loggers write a record's own fields; the first that is
// there and can be read wins, the others stay fields.
//
//	slog            time level msg
//	zap             ts level msg, or timestamp level message
//	zerolog         time level message
//	logrus          time level msg
//	pino, bunyan    time (ms) level (10 to 60) msg
//	ECS             @timestamp log.level message
//	Hydra-Logger    timestamp level level_name message layer; as JSON lines of Go: timestamp level layer message
//	Python          asctime levelname levelno message
//	structlog       timestamp level event
//	hclog           @timestamp @level @message
//	GELF            timestamp level (syslog) short_message
//	OpenTelemetry   timestamp severity_text severity_number body
//	Google Cloud    timestamp severity message
//	Serilog         @t @l @m
//	Docker          time log
var (
	timeKeys = []string{"timestamp", "time", "@timestamp", "ts", "@t", "t", "asctime", "datetime", "date",
		"timeUnixNano", "Timestamp", "Time"}
	levelKeys = []string{"level_name", "levelname", "log.level", "severity_text", "severityText", "level", "severity",
		"lvl", "@level", "@l", "loglevel", "log_level", "Level", "levelno", "severity_number", "severityNumber", "PRIORITY", "status"}
	messageKeys = []string{"message", "msg", "@message", "@m", "@mt", "short_message", "MESSAGE", "event", "body",
		"textPayload", "log", "Message"}
	// pythonKeys tell the numbers of Python's levels from pino's.
	pythonKeys = []string{"level_name", "levelname", "levelno", "logger_name", "lineno", "funcName", "file_name"}
)

func find(fields []field, key string) *field {
	for i := len(fields) - 1; i >= 0; i-- { // of two with one name the last wins, as everywhere
		if fields[i].key == key {
			return &fields[i]
		}
	}
	return nil
}

func hasAny(fields []field, keys []string) bool {
	for _, key := range keys {
		if find(fields, key) != nil {
			return true
		}
	}
	return false
}

func takeTime(r *Record, fields []field) {
	for _, key := range timeKeys {
		f := find(fields, key)
		if f == nil {
			continue
		}
		if t, ok := timeOf(f.text()); ok {
			r.Time, f.taken = t, true
			return
		}
	}
}

// takeLevel takes every field that says the level: loggers of Python write it as a name and as a number.
func takeLevel(r *Record, fields []field) {
	for _, key := range levelKeys {
		f := find(fields, key)
		if f == nil {
			continue
		}
		level, ok := levelByName(f.textOf('"'))
		if !ok && key != "status" {
			n, err := strconv.Atoi(f.text())
			if err == nil {
				level, ok = levelByNumber(n, scaleOf(key, fields))
			}
		}
		if !ok {
			continue
		}
		if key == "status" && r.HasLevel {
			continue // a word that happens to be a level's name
		}
		f.taken = true
		if !r.HasLevel {
			r.Level, r.HasLevel = level, true
		}
	}
	if r.HasLevel {
		return
	}
	// ECS written as nested objects.
	if f := find(fields, "log"); f != nil && f.raw[0] == '{' {
		if inner := find(split(f.raw), "level"); inner != nil {
			r.Level, r.HasLevel = levelByName(inner.textOf('"'))
		}
	}
}

// textOf is text for values that begin with first, else "".
func (f *field) textOf(first byte) string {
	if f.raw[0] != first {
		return ""
	}
	return f.text()
}

func scaleOf(key string, fields []field) scale {
	switch {
	case key == "severity_number" || key == "severityNumber":
		return scaleOTel
	case key == "PRIORITY" || key == "severity" || find(fields, "short_message") != nil:
		return scaleSyslog
	case hasAny(fields, pythonKeys):
		return scalePython
	}
	return scaleGuess
}

func takeMessage(r *Record, fields []field) {
	for _, key := range messageKeys {
		f := find(fields, key)
		if f == nil || !f.isString() || f.taken {
			continue
		}
		r.Message, f.taken = f.text(), true
		if key == "log" {
			r.Message = strings.TrimSuffix(r.Message, "\n")
		}
		return
	}
}

func takeLayer(r *Record, fields []field) {
	if f := find(fields, "layer"); f != nil && f.isString() && len(f.raw) > 2 {
		r.Layer, f.taken = f.text(), true
	}
}
