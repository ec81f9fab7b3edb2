package viewer

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// flatten calls each with the leaves of a JSON value, in order, with dots between the keys of objects in objects.
func flatten(key string, raw []byte, depth int, each func(key, value string)) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return
	}
	switch {
	case raw[0] == '"':
		var s string
		if json.Unmarshal(raw, &s) == nil {
			each(key, s)
		}
	case raw[0] == '{' && depth < maxDepth:
		d := json.NewDecoder(bytes.NewReader(raw))
		_, _ = d.Token()
		for d.More() {
			name, err := d.Token()
			var value json.RawMessage
			if err != nil || d.Decode(&value) != nil {
				return
			}
			flatten(join(key, name), value, depth+1, each)
		}
	default:
		each(key, string(raw))
	}
}

func join(key string, name json.Token) string {
	text, _ := name.(string)
	if key == "" {
		return text
	}
	return key + "." + text
}

// A role is what a field means, whatever its logger calls it.
type role int

const (
	roleNone role = iota
	roleCorrelation
	roleRequest // a correlation id where there is no other
	roleCausation
	roleMessage
	roleTrace
	roleService
	roleProgram // a service where there is no other
	roleLayer
	roleLogger
	roleRecord
	roleOperation
	roleOperationID
	roleParent
	rolePhase
	roleDuration
	roleMillis
	roleError
	roleText // the message, of text lines
	roleTime
	roleLevel
	roleNoise // what a reader of a story does not want to see
)

// roles are told by the key in lower case, without "_" and "-" and what schemas put in front of it.
var roles = map[string]role{
	"correlationid": roleCorrelation, "xcorrelationid": roleCorrelation, "conversationid": roleCorrelation,
	"requestid": roleRequest, "xrequestid": roleRequest, "reqid": roleRequest,
	"causationid": roleCausation, "xcausationid": roleCausation,
	"messageid": roleMessage, "messaging.message.id": roleMessage,
	"traceid": roleTrace, "trace.id": roleTrace, "xraytraceid": roleTrace, "logging.googleapis.com/trace": roleTrace,
	"service": roleService, "service.name": roleService, "servicename": roleService, "servicecontext.service": roleService,
	"name": roleProgram, "app": roleProgram, "application": roleProgram, "appname": roleProgram,
	"layer": roleLayer, "logger": roleLogger, "loggername": roleLogger, "log.logger": roleLogger, "logger.name": roleLogger,
	"id": roleRecord, "recordid": roleRecord,
	"operation": roleOperation, "operationid": roleOperationID, "operationparentid": roleParent, "phase": rolePhase,
	"duration": roleDuration, "event.duration": roleDuration, "durationms": roleMillis, "responsetime": roleMillis,
	"elapsedms": roleMillis, "latencyms": roleMillis,
	"err": roleError, "error": roleError, "error.message": roleError, "exception": roleError, "err.message": roleError, "exception.message": roleError,
	"msg": roleText, "message": roleText, "time": roleTime, "timestamp": roleTime, "ts": roleTime,
	"level": roleLevel, "lvl": roleLevel, "levelname": roleLevel, "severity": roleLevel,
	"spanid": roleNoise, "span.id": roleNoise, "traceflags": roleNoise, "pid": roleNoise, "v": roleNoise, "version": roleNoise,
	"@version": roleNoise, "ecs.version": roleNoise, "severitynumber": roleNoise,
	"logging.googleapis.com/spanid": roleNoise, "log.level": roleNoise, "linenumber": roleNoise, "filename": roleNoise, "functionname": roleNoise,
}

var prefixes = []string{"labels.", "attributes.", "dd.", "extra.", "fields.", "resource.", "attr."}

var withoutMarks = strings.NewReplacer("_", "", "-", "")

func roleOf(key string) role {
	key = strings.ToLower(key)
	key = strings.TrimPrefix(key, "_") // GELF
	for _, p := range prefixes {
		key = strings.TrimPrefix(key, p)
	}
	if strings.HasSuffix(key, "messaging.message.conversation_id") {
		return roleCorrelation
	}
	return roles[withoutMarks.Replace(key)]
}

// set gives the entry one field.
func (e *Entry) set(key, value string) {
	if strings.HasPrefix(key, "err_chain") || strings.HasSuffix(key, "_chain") {
		return // the error's own text says it
	}
	r := roleOf(key)
	if r == roleTrace {
		value = value[strings.LastIndexByte(value, '/')+1:] // of Google Cloud: projects/…/traces/…
	}
	if p := e.place(r); p != nil {
		if *p == "" {
			*p = short(value, maxValue)
		}
		return
	}
	switch {
	case r == roleNoise:
		return
	case r == roleDuration && e.duration(value), r == roleMillis && e.millis(value):
		return
	case r == roleRequest && e.IDs.Correlation == "":
		e.IDs.Correlation = short(value, maxValue)
		return
	case r == roleService || r == roleProgram && !e.named:
		e.Service, e.named = short(value, maxValue), e.named || r == roleService
		return
	case r == roleRecord && isRecordID(value):
		e.Record = value
		return
	case r == roleError && value != "null":
		e.Error = short(value, maxValue)
		return
	}
	if len(e.Fields) < maxFields && value != "" {
		e.Fields = append(e.Fields, Field{short(key, maxValue), short(value, maxValue)})
	}
}

// place is where a role's value belongs, nil for those that are not just a text.
func (e *Entry) place(r role) *string {
	switch r {
	case roleCorrelation:
		return &e.IDs.Correlation
	case roleCausation:
		return &e.IDs.Causation
	case roleMessage:
		return &e.IDs.Message
	case roleTrace:
		return &e.IDs.Trace
	case roleLayer:
		return &e.Layer
	case roleLogger:
		return &e.Logger
	case roleOperation:
		return &e.Work.Name
	case roleOperationID:
		return &e.Work.ID
	case roleParent:
		return &e.Work.Parent
	case rolePhase:
		return &e.Work.Phase
	}
	return nil
}

// A whole number under "duration" is one of nanoseconds, as log/slog and Hydra-Logger write it, where it can be one;
// a number with a point is one of seconds, as zap writes it.
const leastNanos = 100_000

func (e *Entry) duration(value string) bool {
	d, err := time.ParseDuration(value)
	if err != nil {
		d, err = numberOfTime(value, e.Work.ID != "")
	}
	if err != nil {
		return false
	}
	e.Work.Duration, e.Work.HasDuration = d, true
	return true
}

// numberOfTime reads a number under "duration"; ours says that Hydra-Logger wrote it.
func numberOfTime(value string, ours bool) (time.Duration, error) {
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		if n < 0 || n < leastNanos && !ours {
			return 0, strconv.ErrRange
		}
		return time.Duration(n), nil
	}
	s, err := strconv.ParseFloat(value, 64)
	if err != nil || s < 0 || s > 1e9 {
		return 0, strconv.ErrRange
	}
	return time.Duration(s * float64(time.Second)), nil
}

func (e *Entry) millis(value string) bool {
	ms, err := strconv.ParseFloat(value, 64)
	if err != nil || ms < 0 || ms > 1e12 {
		return false
	}
	e.Work.Duration, e.Work.HasDuration = time.Duration(ms*float64(time.Millisecond)), true
	return true
}

// isRecordID reports whether a text is <uuid>:<16 hex digits>, the id of a record.
func isRecordID(s string) bool {
	return len(s) == 36+1+16 && s[36] == ':' && s[8] == '-' && s[23] == '-'
}

// short cuts a text to n bytes, between characters, and copies it.
func short(s string, n int) string {
	if len(s) <= n {
		return strings.Clone(s)
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
