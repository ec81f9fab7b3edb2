package format_test

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

func order() *record.View {
	h := record.Header{
		Time: time.Date(2024, 1, 2, 15, 4, 5, 678901000, time.UTC).UnixNano(), Level: slog.LevelError, Layer: "api", Message: `disk "full", retry`,
		IDs: &record.IDs{CorrelationID: "01J8"},
	}
	attrs := []slog.Attr{slog.String("code", "E-1"), slog.Duration("took", 1500*time.Millisecond), slog.Group("req", slog.String("method", "GET"))}
	var e record.Encoder
	v := new(record.View)
	if err := v.Decode(e.Encode(&h, nil, attrs)); err != nil {
		panic(err)
	}
	return v
}

func ExampleNew() {
	for _, name := range []string{format.JSONLines, format.PlainText} {
		f, err := format.New(name, format.Options{})
		if err != nil {
			panic(err)
		}
		os.Stdout.Write(f.Append(nil, order()))
	}
	// Output:
	// {"timestamp":"2024-01-02T15:04:05.678901000Z","level":"ERROR","layer":"api","message":"disk \"full\", retry","correlation_id":"01J8","code":"E-1","took":1500000000,"req":{"method":"GET"}}
	// | 2024-01-02T15:04:05.678901Z | ERROR | api | disk "full", retry correlation_id=01J8 code=E-1 took=1.5s req.method=GET
}

func ExampleNew_unknown() {
	_, err := format.New("jsonlines", format.Options{})
	fmt.Println(err)
	// Output: format: unknown name "jsonlines", did you mean "json-lines"? known are json-lines, json, plain-text, colored, fast-plain, detailed, csv, logfmt, syslog, gelf, logstash, binary-compact, binary-extended, binary
}

func ExampleRecordID() {
	fmt.Println(format.RecordID([16]byte{0x01, 0x92, 15: 0xff}, 4096))
	// Output: 01920000-0000-0000-0000-0000000000ff:0000000000001000
}
