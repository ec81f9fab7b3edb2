package wsdest

import (
	"encoding/json"
	"strings"
)

// answer is what the server says of records.
type answer struct {
	count  uint64 // of the record, from 1; 0: id names it
	id     string
	reject bool
	why    string
}

// mostWhy is how much of the server's explanation is kept, in bytes.
const mostWhy = 200

// parseAnswer reads {"ack": …} or {"reject": …, "error": "…"}; ok is false for everything else.
func parseAnswer(data []byte) (a answer, ok bool) {
	var m struct {
		Ack    json.RawMessage `json:"ack"`
		Reject json.RawMessage `json:"reject"`
		Error  string          `json:"error"`
	}
	if json.Unmarshal(data, &m) != nil {
		return answer{}, false
	}
	which := m.Ack
	if which == nil {
		which, a.reject, a.why = m.Reject, true, strings.ToValidUTF8(m.Error[:min(len(m.Error), mostWhy)], "")
	}
	if json.Unmarshal(which, &a.count) == nil && a.count > 0 {
		return a, true
	}
	a.count = 0
	if json.Unmarshal(which, &a.id) == nil && a.id != "" {
		return a, true
	}
	return answer{}, false
}
