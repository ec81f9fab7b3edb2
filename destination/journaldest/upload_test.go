package journaldest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/internal/httpfake"
	"github.com/hydra-logger/hydra/record"
)

// parseExport reads the Journal Export Format.
func parseExport(body []byte) (entries []map[string]string, err error) {
	fields := map[string]string{}
	for len(body) > 0 {
		line, rest, found := bytes.Cut(body, []byte("\n"))
		if !found {
			return nil, errors.New("a line without end")
		}
		body = rest
		key, value, text := bytes.Cut(line, []byte("="))
		switch {
		case len(line) == 0:
			entries, fields = append(entries, fields), map[string]string{}
		case text:
			fields[string(key)] = string(value)
		default:
			if len(body) < 8 {
				return nil, errors.New("no length")
			}
			n := binary.LittleEndian.Uint64(body)
			if uint64(len(body)) < 8+n+1 || body[8+n] != '\n' {
				return nil, fmt.Errorf("%s: a length of %d", line, n)
			}
			fields[string(line)] = string(body[8 : 8+n])
			body = body[8+n+1:]
		}
	}
	if len(fields) > 0 {
		return nil, errors.New("an entry without end")
	}
	return entries, nil
}

// decodeUpload is a fake after the documents of the format; VictoriaLogs is the real server, in the tests that need modules.
func decodeUpload(_ http.ResponseWriter, r *http.Request, body []byte) ([][]byte, error) {
	entries, err := parseExport(body)
	if err != nil || r.URL.Path != "/upload" || r.Header.Get("Content-Type") != "application/vnd.fdo.journal" {
		return nil, fmt.Errorf("%w: %s %v", err, r.URL, r.Header)
	}
	var records [][]byte
	for _, e := range entries {
		if e["SYSLOG_IDENTIFIER"] != "shop" || e["_HOSTNAME"] != "web1" || e["PRIORITY"] == "" {
			return nil, fmt.Errorf("an entry is %v", e)
		}
		records = append(records, []byte(e["MESSAGE"]+"\n"))
	}
	return records, nil
}

func TestAnUploadKeepsTheRules(t *testing.T) {
	httpfake.Conformance(t, httpfake.Kit{Decode: decodeUpload, Secrets: []string{"secret-token"}, Open: func(t *testing.T, url string) destination.Driver {
		d, err := NewUpload(UploadOptions{Target: httpdest.Target{URL: url, Token: "secret-token"}, Identifier: "shop", Host: "web1", Formatted: true})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}})
}

func TestAnUploadedEntryHasTheTimeOfItsRecordAndItsFields(t *testing.T) {
	var e record.Encoder
	h := record.Header{Time: 1704207845678901234, Level: slog.LevelError, Layer: "api", Message: "two\nlines", IDs: &record.IDs{CorrelationID: "c-1"}}
	raw := e.Encode(&h, nil, []slog.Attr{slog.Int("n", 7)})
	x := &exporter{o: &UploadOptions{Identifier: "shop", Host: "web1"}}
	body, err := x.AppendBody(nil, &destination.Batch{Items: []destination.Item{{Raw: raw, Journal: [16]byte{1}}, {Raw: raw, Journal: [16]byte{1}}}})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := parseExport(body)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d entries, %v: %q", len(entries), err, body)
	}
	for key, want := range map[string]string{"__REALTIME_TIMESTAMP": "1704207845678901", "MESSAGE": "two\nlines", "PRIORITY": "3", "N": "7",
		"CORRELATION_ID": "c-1", "LAYER": "api", "_HOSTNAME": "web1", "SYSLOG_TIMESTAMP": "2024-01-02T15:04:05.678901234Z"} {
		if got := entries[1][key]; got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if _, err := x.AppendBody(nil, &destination.Batch{Items: []destination.Item{{Raw: []byte{1}}}}); err == nil {
		t.Error("damaged bytes became an entry")
	}
	if _, err := NewUpload(UploadOptions{Target: httpdest.Target{URL: "http://h"}, Host: "a\nb"}); err == nil {
		t.Error("a host of two lines is taken")
	}
}
