package redact_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/processor/redact"
)

// cleanForms are lines without secrets; each %x is filled in.
var cleanForms = []string{
	"%time %level %noun %noun id=%uuid took=%dur",
	"%ip - - [24/Nov/2026:08:38:39 +0000] \"GET /%word/%int?page=%small&sort=%word HTTP/1.1\" 200 %int \"-\" \"curl/8.5.0\"",
	`{"ts":%epoch,"level":"%level","msg":"%noun %noun","request_id":"%uuid","bytes":%big,"ip":"%ip"}`,
	"trace_id=%hex32 span_id=%hex16 service=%word version=v%small.%small.%small",
	"SELECT %word FROM %word WHERE id = %int AND created_at > '%time' ORDER BY %word LIMIT %small",
	"INSERT INTO %word (id, ref, n) VALUES (%big, '%uuid', %float)",
	"\tat com.%word.%word.%word(%word.java:%small)",
	"\t/src/%word/%word.go:%small +0x%hex8",
	"https://%word.example.com/%word/%int/%uuid?from=%epoch&to=%epoch",
	"%noun: connection from %ip:%port closed after %dur, %big bytes in, %int bytes out",
	"upgraded %word@%small.%small.%small to %word@%small.%small.%small",
	"digest sha256:%hex64 of %word:%small.%small",
	"commit %hex40 by %word, +%small -%small",
	"offset=%big partition=%small lag=%int key=%word-%int",
	"heap=%big objects=%big gc=%int pause=%float",
	"order %int total %float EUR items=%small user_id=%big",
	"span %hex16 duration_ns=%nanos start_us=%micros",
	"[%int.%int] usb %small-%small: new device number %small using xhci_hcd",
	"%word_token_count=%int max_tokens=%int token_type=%word",
	"invalid %noun: not found in %noun", "%noun rotated, %noun: missing", "lat=%float lon=%float speed=%float heading=%small",
	"WARN retry %small of 5 in %dur: dial tcp %ip:%port: connect: connection refused",
	"snowflake %snow replied to %snow in channel %snow",
	"%time [%noun-%small] DEBUG org.%word.%word - cache %word hit=%int miss=%int ratio=%float",
	"2001:db8:%hex4:%hex4::%hex4 resolved in %dur",
	"job %word-%hex8-%hex5 pod %word-%hex5 restarted %small times",
	"ids %int %int %int %int matched in %float s",
	"%float,%float,%float,%int,%word,%time",
	"file /var/lib/%word/%hex32.%word size=%big mtime=%epoch mode=0644",
	"%noun failed: exit status %small (%noun: no such file or directory)",
	"event {id: %uuid, type: %word.%word, at: %time, seq: %big}",
}

var cleanWords = strings.Fields("order payment user shipping cart invoice server client worker queue cache table index session login request response " +
	"error warning timeout retry backoff handler router parser scheduler monitor metric report backup restore upload download " +
	"stream batch event customer product catalog search filter sort page build deploy release branch module package library config feature")

func (g *gen) fill(form string) string {
	fillers := []struct {
		name string
		make func() string
	}{
		{"%time", func() string {
			return time.Unix(1_600_000_000+g.Int64N(3e8), g.Int64N(1e9)).UTC().Format(time.RFC3339Nano)
		}},
		{"%level", func() string { return []string{"DEBUG", "INFO", "WARN", "ERROR"}[g.IntN(4)] }},
		{"%noun", func() string {
			return append(cleanWords, "token", "secret", "key", "password", "credentials")[g.IntN(len(cleanWords)+5)]
		}},
		{"%word", func() string { return cleanWords[g.IntN(len(cleanWords))] }},
		{"%uuid", func() string {
			return g.of(hexChars, 8) + "-" + g.of(hexChars, 4) + "-" + g.of(hexChars, 4) + "-" + g.of(hexChars, 4) + "-" + g.of(hexChars, 12)
		}},
		{"%hex64", func() string { return g.of(hexChars, 64) }}, {"%hex40", func() string { return g.of(hexChars, 40) }},
		{"%hex32", func() string { return g.of(hexChars, 32) }}, {"%hex16", func() string { return g.of(hexChars, 16) }},
		{"%hex8", func() string { return g.of(hexChars, 8) }}, {"%hex5", func() string { return g.of(hexChars, 5) }},
		{"%hex4", func() string { return g.of(hexChars, 4) }},
		{"%ip", func() string { return fmt.Sprintf("%d.%d.%d.%d", 1+g.IntN(223), g.IntN(256), g.IntN(256), g.IntN(256)) }},
		{"%port", func() string { return strconv.Itoa(1 + g.IntN(65535)) }},
		{"%dur", func() string { return time.Duration(g.Int64N(1e10)).String() }},
		{"%epoch", func() string { return strconv.Itoa(1_500_000_000 + g.IntN(4e8)) }},
		{"%micros", func() string { return strconv.FormatInt(1_500_000_000_000_000+g.Int64N(4e14), 10) }},
		{"%nanos", func() string { return strconv.FormatInt(1_500_000_000_000_000_000+g.Int64N(4e17), 10) }},
		{"%snow", func() string { return strconv.FormatInt(100_000_000_000_000_000+g.Int64N(1e18), 10) }},
		{"%big", func() string { return strconv.FormatInt(g.Int64N(1e12), 10) }},
		{"%up24", func() string { return g.of(digitChars+"ABCDEFGHJKMNPQRSTVWXYZ", 24) }}, {"%up16", func() string { return g.of(digitChars+"ABCDEFGHJKMNPQRSTVWXYZ", 16) }},
		{"%b6226", func() string { return g.of(alnumChars, 26) }}, {"%b6221", func() string { return g.of(alnumChars, 21) }}, {"%b6217", func() string { return g.of(alnumChars, 17) }},
		{"%low10", func() string { return g.of("bcdfghjklmnpqrstvwxz2456789", 10) }}, {"%low5", func() string { return g.of("bcdfghjklmnpqrstvwxz2456789", 5) }},
		{"%ten", func() string { return strconv.FormatInt(1_000_000_000+g.Int64N(9e9), 10) }}, {"%hex2", func() string { return g.of(hexChars, 2) }},
		{"%int", func() string { return strconv.Itoa(g.IntN(1_000_000)) }},
		{"%small", func() string { return strconv.Itoa(g.IntN(100)) }},
		{"%float", func() string { return strconv.FormatFloat(g.Float64()*1000, 'f', 1+g.IntN(8), 64) }},
	}
	for _, f := range fillers {
		for strings.Contains(form, f.name) {
			form = strings.Replace(form, f.name, f.make(), 1)
		}
	}
	return form
}

// cleanLines are 10,000 lines without secrets: those of testdata/clean, and the rest made from forms.
func cleanLines(t testing.TB) []string {
	data, err := os.ReadFile("testdata/clean/lines.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	g := newGen(11)
	for len(lines) < 10_000 {
		lines = append(lines, g.fill(cleanForms[len(lines)%len(cleanForms)]))
	}
	return lines
}

// serviceLines are 10,000 further lines without secrets, after what services, databases, clusters and compilers print.
func serviceLines(t testing.TB) []string {
	forms, sentences := linesOf(t, "testdata/clean/forms.txt"), linesOf(t, "testdata/clean/sentences.txt")
	g := newGen(17)
	var lines []string
	for len(lines) < 10_000 {
		if k := len(lines); k%4 == 0 {
			lines = append(lines, sentences[k/4%len(sentences)])
		} else {
			lines = append(lines, g.fill(forms[k%len(forms)]))
		}
	}
	return lines
}

func linesOf(t testing.TB, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

func TestFurtherLinesOfServicesStayAsTheyAre(t *testing.T) {
	for _, level := range []string{"low", "medium"} {
		r := mustNew(t, redact.Options{Level: level})
		changed := 0
		for _, line := range serviceLines(t) {
			if out := r.RedactString(line); out != line {
				changed++
				t.Logf("%s: %s\n became %s", level, line, out)
			}
		}
		if changed > 10 {
			t.Errorf("%s: %d of 10,000 lines changed, more than 0.1 %%", level, changed)
		}
	}
}

func TestLinesWithoutSecretsStayAsTheyAre(t *testing.T) {
	r := mustNew(t, redact.Options{Level: "medium"})
	changed := 0
	for _, line := range cleanLines(t) {
		if out := r.RedactString(line); out != line {
			changed++
			t.Logf("%s\n became %s", line, out)
		}
	}
	if changed > 10 {
		t.Errorf("%d of 10,000 lines changed, more than 0.1 %%", changed)
	}
}
