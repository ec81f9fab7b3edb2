// Package format turns records into bytes: one file for each wire format.
//
// [New] makes a formatter by its name:
//
//	json-lines       one JSON object a line, for programs
//	json             the same; in lines of its own with Options.Pretty
//	plain-text       one line of text a record, for people
//	colored          plain-text with the level and the layer in colour, for terminals
//	fast-plain       time, level and message alone
//	detailed         plain-text with the place of the call as a column
//	logfmt           key=value
//	csv              RFC 4180 with a header, see Headed; attributes as JSON in one column
//	syslog           RFC 5424 with structured data, or RFC 3164
//	gelf             GELF 1.1
//	logstash         JSON with the attributes under "fields"
//	binary-compact   the record's own form with a CRC; binary is another name of it
//	binary-extended  CBOR, which describes itself
//
// Options.Schema gives the fields of json and json-lines the names that other loggers and stores know. With ecs, otel, datadog and aws the
// first error attribute under "error" or "err" stands under the schema's own names for its message and its type.
//
// The text formats write exactly one line a record, end it with LF, and accept any
// input. What a record holds can neither begin a line of its own nor reach the
// terminal as a control code: control characters, U+2028, U+2029 and the
// characters that change the direction of text are escaped.
//
// # json-lines
//
// The keys come in this order; those in brackets only when the record has them:
//
//	timestamp        RFC 3339 in UTC, always nine digits of a second, so that lines sort as text;
//	                 left out when the record says itself that it has none, see record.NoTime
//	level            TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL; levels between them as INFO+1
//	layer
//	[logger]
//	message
//	[correlation_id] [causation_id] [message_id]
//	[trace_id] [span_id]       lower-case hex
//	...              the attributes, under their own keys
//	[source]         {"function","file","line"}
//	[recovered]      true when an earlier run accepted the record and this one delivers it
//	[id]             with Options.ID: "<journal uuid>:<position>", see RecordID
//
// An attribute's value becomes:
//
//	string           a string, U+FFFD in place of each byte that is not UTF-8; < > & are left alone
//	integer          a number, all its digits
//	float            a number, the shortest that reads back the same; "NaN", "+Inf", "-Inf" as strings
//	duration         a number: nanoseconds, as in log/slog
//	time             RFC 3339 with as many digits of a second as it has, in its own zone
//	bytes            base64
//	error            its message; the errors that it wraps follow, depth first, under
//	                 "<key>_chain": [{"type":"*fs.PathError","message":"..."}]
//	group            an object, left out when it is empty
//	list             an array
//
// No object has a key twice. Of several attributes with one key the last wins.
// The keys of the table above are protected: an attribute with the name of one
// that this record has is written as "attr.<name>". A record without a trace
// may have an attribute trace_id under just this name.
//
// # plain-text and colored
//
//	| 2024-01-02T15:04:05.678901Z | ERROR | api | disk "full", retry correlation_id=01J8 code=E-1 n=2
//
// The time is UTC with microseconds. After the message come the same fields in
// the same order as in json-lines, as key=value. A key or value that is empty or holds a space,
// a quote or an equals sign is quoted, the keys of a group are joined by dots, a list is [a,b,c], a
// duration 1.5s, source is file:line, and the errors that an error wraps are left to its message.
package format

import "github.com/hydra-logger/hydra/record"

// Formatter turns one record into the bytes of one destination's format.
//
// A formatter belongs to one goroutine at a time and may keep state between
// calls (a cached timestamp). It must not keep the view or parts of it, and it
// must accept any input: what it can't express it escapes or replaces, so
// Append has no error.
type Formatter interface {
	// Append appends the formatted record, with its terminator, to dst.
	Append(dst []byte, v *record.View) []byte
}

// Cloner is a formatter that can make another one of the same settings, for
// another goroutine. All formatters of this package are.
type Cloner interface {
	Formatter
	// Clone may be called while another goroutine uses the formatter.
	Clone() Formatter
}
