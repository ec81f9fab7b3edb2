package hydra

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/config"
)

// wrongOptions are destinations whose options Open refuses, and what is said of each: at what, and a part of the text.
var wrongOptions = []struct{ name, text, at, about string }{
	{"unknown option", "{type: network_socket, host: h, port: 1, options: {framng: lf}}", "framng", `unknown key "framng", did you mean "framing"?`},
	{"wrong type", "{type: network_socket, host: h, port: 1, options: {resend: [1]}}", "[1]", "resend must be a number or text with a unit, not a list"},
	{"impossible value", "{type: network_socket, host: h, port: 1, options: {framing: zebra}}", "zebra", "zebra"},
	{"extra", "{type: network_socket, host: h, port: 1, extra: {framing: zebra}}", "zebra", "zebra"},
	{"http", "{type: network_http, url: 'http://h/', options: {compresion: gzip}}", "compresion", `did you mean "compression"?`},
	{"http value", "{type: network_http, url: 'http://h/', options: {compression: lzma}}", "lzma", "lzma"},
	{"nested", "{type: loki, url: 'http://h/', options: {labels: {app: [x]}}}", "[x]", "labels.app must be text"},
	{"key that is none", "{type: console, format: json-lines, keys: {tim: ts}}", "ts}", `"tim"`},
	{"extension", "{type: console, extensions: {security: {enabled: true, patern: x}}}", "patern", `unknown key "patern", did you mean "patterns"?`},
}

func TestOpenSaysWhereAWrongOptionOfADestinationIs(t *testing.T) {
	for _, c := range wrongOptions {
		t.Run(c.name, func(t *testing.T) {
			text := "layers:\n  app:\n    destinations:   [" + c.text + "]\nmode: sync\n"
			log, err := Parse([]byte(text))
			if err == nil {
				_ = log.Close()
				t.Fatal("it was accepted")
			}
			l, readErr := config.ReadText([]byte(text), config.Options{})
			if readErr != nil {
				t.Fatal(readErr)
			}
			if _, checked := Check(l); checked == nil || checked.Error() != err.Error() {
				t.Errorf("Check says %v, Open %v", checked, err)
			}
			for _, want := range []string{fmt.Sprintf("config:3:%d: ", strings.Index(strings.Split(text, "\n")[2], c.at)+1), c.about, "^"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error has no %q:\n%v", want, err)
				}
			}
			if e := (*config.Error)(nil); !errors.As(err, &e) {
				t.Errorf("%T is no config.Error", err)
			}
		})
	}
}

func TestAllWrongOptionsAreSaidAtOnce(t *testing.T) {
	l, err := config.ReadText([]byte(`
layers:
  app:
    destinations:
      - {type: network_socket, host: h, port: 1, options: {framng: lf, resend: true}}
      - {type: network_http, url: "http://h/", options: {metod: PUT}}
extensions:
  sampling: {enabled: true, frist: 1}
`), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Check(l)
	for _, want := range []string{"5:60", "5:80", "6:58", "8:29", "framing", "method", "first"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error has no %q:\n%v", want, err)
		}
	}
}

func TestAnUnknownOptionIsIgnoredWithAWarningWhereKeysAre(t *testing.T) {
	text := []byte("mode: sync\nlayers: {app: {destinations: [{type: network_socket, host: h, port: 1, options: {framng: lf}}]}}\n" +
		"extensions: {sampling: {enabled: true, frist: 1}}\n")
	log, err := Parse(text, Lax())
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	said := fmt.Sprint(log.Health())
	for _, want := range []string{"framng", "frist"} {
		if !strings.Contains(said, want) {
			t.Errorf("health does not warn of %s: %s", want, said)
		}
	}
	l, err := config.ReadText(text, config.Options{Lax: true})
	if err != nil {
		t.Fatal(err)
	}
	warnings, err := Check(l, Lax())
	if err != nil || len(warnings) != 2 || warnings[0].Line == 0 {
		t.Errorf("Check: %v, %v", warnings, err)
	}
}

func TestWhatAnotherMachineHasIsAWarningOfCheck(t *testing.T) {
	l, err := config.ReadText([]byte(`
layers:
  app:
    destinations:
      - {type: network_socket, host: h, port: 1, tls: {ca: /does/not/exist.pem}}
      - {type: network_http, url: "http://h/", http_payload_encoder: theirs}
`), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	warnings, err := Check(l)
	if err != nil || len(warnings) != 2 {
		t.Errorf("Check: %v, %v", warnings, err)
	}
}

func TestAPatternThatThereIsNotIsAWarning(t *testing.T) {
	text := []byte("mode: sync\nextensions:\n  s: {type: security, enabled: true, patterns: [emial, phone]}\n")
	l, err := config.ReadText(text, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	warnings, err := Check(l)
	if err != nil || len(warnings) != 1 || warnings[0].Line != 3 || !strings.Contains(warnings[0].Message, `did you mean "email"?`) {
		t.Errorf("Check: %v, %v", warnings, err)
	}
	log, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if said := fmt.Sprint(log.Health()); !strings.Contains(said, "emial") {
		t.Errorf("health does not warn: %s", said)
	}
}

func TestCheckTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	l, err := config.ReadText([]byte("base_log_dir: "+dir+"/logs\njournal: {dir: "+dir+"/state}\nlayers: {app: {destinations: [{type: file, path: a.log, max_size: 1MB, rotate_on_start: true}]}}\n"+
		"extensions: {keep_back: {enabled: true}}\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Check(l); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(dir + "/*")
	if err != nil || len(left) > 0 {
		t.Errorf("it made %v, %v", left, err)
	}
}

func TestAReloadSaysWhereAWrongOptionIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hydra.yaml")
	write := func(options string) {
		t.Helper()
		text := "name: options\nlayers:\n  app:\n    destinations:\n    - {type: memory}\n" + options
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("")
	log, err := Open(path, WithEvents(func(Event) {}))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	write("    - {type: memory, extensions: {sampling: {enabled: true, frist: 1}}}\n")
	if err := log.Reload(context.Background()); err == nil || !strings.Contains(err.Error(), ":6:") || !strings.Contains(err.Error(), `did you mean "first"?`) {
		t.Errorf("reload: %v", err)
	}
}

func TestAPathThatNoFileCanHaveIsRefused(t *testing.T) {
	_, err := config.ReadText([]byte(`layers: {app: {destinations: [{type: file, path: "a\0b.log"}]}}`), config.Options{})
	if err == nil || !strings.Contains(err.Error(), "config:1:50: ") || !strings.Contains(err.Error(), "NUL") {
		t.Errorf("%v", err)
	}
}
