package formatting_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hydra-logger/hydra/processor/formatting"
	"github.com/hydra-logger/hydra/record"
)

var moment = time.Date(2026, 3, 7, 15, 4, 5, 123456789, time.FixedZone("CET", 3600))

func TestEachDirectiveIsWrittenAsStrftimeDoes(t *testing.T) {
	for format, want := range map[string]string{
		"%Y-%m-%d %H:%M:%S": "2026-03-07 15:04:05", "%y": "26", "%e": " 7", "%I %p": "03 PM", "%f": "123456", "%a %A": "Sat Saturday",
		"%b %B": "Mar March", "%j": "066", "%z": "+0100", "%:z": "+01:00", "%Z": "CET", "%F %T": "2026-03-07 15:04:05", "%D": "03/07/26",
		"%R": "15:04", "100%%": "100%", "2006 Jan 15": "2006 Jan 15", "": "", "%H%M": "1504",
	} {
		f, err := formatting.ParseFormat(format)
		if err != nil {
			t.Errorf("%q: %v", format, err)
			continue
		}
		if got := string(f.Append(nil, moment)); got != want {
			t.Errorf("%q: %q, want %q", format, got, want)
		}
	}
}

func TestAFormatThatIsNotSupportedIsAnError(t *testing.T) {
	for _, format := range []string{"%", "a%", "%Q", "%:", "%:x", "%-d"} {
		if _, err := formatting.ParseFormat(format); err == nil || !strings.Contains(err.Error(), "timestamp_format") {
			t.Errorf("%q: %v", format, err)
		}
	}
	if _, err := formatting.New(formatting.Options{TimestampFormat: "%Q"}); err == nil {
		t.Error("accepted")
	}
}

func FuzzAFormatIsRefusedOrWritesItsText(f *testing.F) {
	for _, s := range []string{formatting.DefaultFormat, "%", "%%", "%:z", "a%fb", "%é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := formatting.ParseFormat(s)
		if err != nil {
			if !strings.Contains(s, "%") {
				t.Errorf("%q is refused: %v", s, err)
			}
			return
		}
		got := string(parsed.Append(nil, moment))
		if !strings.Contains(s, "%") && got != s {
			t.Errorf("%q is written as %q", s, got)
		}
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("%q is written as %q", s, got)
		}
	})
}

func TestOnlyWhatIsThereStandsBeforeTheMessage(t *testing.T) {
	p, err := formatting.New(formatting.Options{AddTimestamp: true, TimestampFormat: "%T", AddContext: true, Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	none, _ := formatting.New(formatting.Options{})
	for want, e := range map[string]*record.Event{
		"[14:04:05] m":         {Time: moment.UnixNano()},
		"[14:04:05] [order] m": {Time: moment.UnixNano(), IDs: record.IDs{CorrelationID: "order"}},
		"m":                    {Time: record.NoTime},
	} {
		e.Message = "m"
		other := *e
		if !p.Process(context.Background(), e) || e.Message != want {
			t.Errorf("%q, want %q", e.Message, want)
		}
		if none.Process(context.Background(), &other); other.Message != "m" {
			t.Errorf("without options: %q", other.Message)
		}
	}
}

func ExampleNew() {
	p, err := formatting.New(formatting.Options{AddTimestamp: true, Location: time.UTC})
	if err != nil {
		fmt.Println(err)
		return
	}
	e := &record.Event{Time: time.Date(2026, 3, 7, 15, 4, 5, 0, time.UTC).UnixNano(), Message: "ready"}
	p.Process(context.Background(), e)
	fmt.Println(e.Message)
	// Output: [2026-03-07 15:04:05] ready
}
