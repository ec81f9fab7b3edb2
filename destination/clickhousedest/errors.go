package clickhousedest

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
)

// ClickHouse says in the header X-ClickHouse-Exception-Code, or in the text "Code: 27", what is wrong; the status is 400, 404 or 500
// for the same things in different versions. An answer may be 200 and yet hold an exception that came late.
//
//	26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 130, 131, 321, 349, 441   a value that can't be read or does not fit: rejected
//	all others                                                       retried: no such table or column, no rights, too
//	                                                                 many parts, no memory, read-only, an unknown setting

// dataCodes are the exceptions that a record causes. See src/Common/ErrorCodes.cpp of ClickHouse.
var dataCodes = []int{
	6,   // CANNOT_PARSE_TEXT
	26,  // CANNOT_PARSE_QUOTED_STRING
	27,  // CANNOT_PARSE_INPUT_ASSERTION_FAILED
	33,  // CANNOT_READ_ALL_DATA
	38,  // CANNOT_PARSE_DATE
	41,  // CANNOT_PARSE_DATETIME
	53,  // TYPE_MISMATCH
	69,  // ARGUMENT_OUT_OF_BOUND
	70,  // CANNOT_CONVERT_TYPE
	72,  // CANNOT_PARSE_NUMBER
	117, // INCORRECT_DATA
	130, // CANNOT_READ_ARRAY_FROM_TEXT
	131, // TOO_LARGE_STRING_SIZE
	321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
	349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
	441, // CANNOT_PARSE_UUID
}

var codePattern = regexp.MustCompile(`Code: ?(\d+)[.,]`)

func outcome(r *httpdest.Response) error {
	code := exception(r)
	switch {
	case code != 0 && slices.Contains(dataCodes, code):
		return destination.Reject(r.Failure())
	case code != 0:
		return destination.Retry(r.Failure(), r.RetryAfter())
	}
	return httpdest.Outcome(r)
}

// exception is the code that the answer names, 0 for none.
func exception(r *httpdest.Response) int {
	if n, err := strconv.Atoi(r.Header.Get("X-ClickHouse-Exception-Code")); err == nil {
		return n
	}
	if m := codePattern.FindSubmatch(r.Body); m != nil {
		n, _ := strconv.Atoi(string(m[1]))
		return n
	}
	return 0
}
