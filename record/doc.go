// Package record is the event in flight: its compact binary form, how it is
// built from slog attributes, and how it is read back.
//
// # Binary form, version 1
//
// All fixed-size integers are little endian. A varint is one byte b < 248 that
// is the value itself, or a byte 247+n followed by the value in n bytes
// (n = 1 to 8). A zigzag is a varint of (v << 1) ^ (v >> 63). A string is its
// length in bytes as a varint, then the bytes, which may be any (not only UTF-8).
//
//	offset
//	0   8  time, nanoseconds since 1970 UTC
//	8   1  version: 1
//	9   1  flags: 1 ids, 2 source; the others are zero
//	10  .  level, zigzag
//	    .  layer, string
//	    .  logger, string
//	    .  message, string
//	    .  ids, when flagged: a byte of what follows (1 correlation id, 2 causation id, 4 message id: strings;
//	       8 trace: 16 bytes trace id, 8 bytes span id, 1 byte trace flags)
//	    .  source, when flagged: function string, file string, line varint
//	    .  attribute tokens, to the end of the record
//
// A token is one byte k | n<<4, where k is its [Kind] and n the length of its key
// (n = 15: the key is a string that follows, with a length of its own), the key, and then, by kind:
//
//	null, group, list, end   nothing
//	bool                     one byte, 0 or 1
//	int, duration            zigzag
//	uint                     varint
//	float                    8 bytes, IEEE 754
//	string, bytes, mark      string
//	number                   string: a JSON number
//	time                     a byte of its form: 0 nanoseconds since 1970 in 8 bytes, in UTC;
//	                         1 the same, then the zone's offset east of UTC in seconds, zigzag;
//	                         2 seconds since 1970 as zigzag, nanoseconds as varint, offset as zigzag
//	error                    type name string, message string, then a string that holds the errors
//	                         that it wraps, depth first: for each its depth as varint, type name string, message string
//
// A group or list that is still open at the end of the record ends there.
// Readers of version 1 refuse other versions.
package record
