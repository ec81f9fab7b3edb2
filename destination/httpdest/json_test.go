package httpdest

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http/httptest"
	"testing"
)

func pemOf(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

func TestAMemberIsFoundAtTopLevelAlone(t *testing.T) {
	const object = `{"a":{"in":1},"b":["in",{"in":2}],"c":"in","d\"in":3,"in\\":4,"last":5}`
	for name, want := range map[string]bool{"a": true, "b": true, "c": true, "last": true, "in": false, "": false, "e": false} {
		if HasKey([]byte(object), name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

// FuzzObject: with members added, JSON stays JSON, and no member is there twice.
func FuzzObject(f *testing.F) {
	f.Add(`{"service":"x"}`, "v")
	f.Add(`{}`, "\x00\"\xff")
	f.Add(`{"a":{"service":[1,"]"]}}`, "")
	f.Fuzz(func(t *testing.T, object, value string) {
		HasKey([]byte(object), "service")
		var before map[string]any
		if !IsObject([]byte(object)) || json.Unmarshal([]byte(object), &before) != nil {
			return
		}
		compact, err := json.Marshal(before)
		if err != nil {
			return
		}
		out := AppendObject(nil, compact, Member{"service", value}, Member{"status", "info"})
		var after map[string]any
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		added := 0
		for k, v := range map[string]string{"service": value, "status": "info"} {
			if _, had := before[k]; !had && v != "" {
				added++
			}
		}
		if len(after) != len(before)+added {
			t.Errorf("%s has %d members, %s had %d", out, len(after), compact, len(before))
		}
	})
}
