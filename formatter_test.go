package hydra_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

func TestEveryFormatOfAConfigurationIsWritten(t *testing.T) {
	for _, name := range format.Names() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			log, err := hydra.Parse([]byte("name: shop\nbase_log_dir: " + dir + "\nlayers: {default: {destinations: [{type: file, path: app, format: " + name + "}]}}\n"))
			if err != nil {
				t.Fatal(err)
			}
			log.Info(t.Context(), "placed", slog.Int("n", 7))
			log.Error(t.Context(), "declined")
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			files, _ := filepath.Glob(filepath.Join(dir, "app*"))
			if len(files) != 1 {
				t.Fatalf("files %v", files)
			}
			text, err := os.ReadFile(files[0])
			if err != nil || !bytes.Contains(text, []byte("placed")) || !bytes.Contains(text, []byte("declined")) {
				t.Errorf("%v: %q", err, text)
			}
			switch name {
			case format.Binary, format.BinaryCompact:
				checkCompact(t, text)
			case format.CSV:
				if !bytes.HasPrefix(text, []byte("timestamp,level_name,")) || bytes.Count(text, []byte("timestamp,")) != 1 {
					t.Errorf("the header: %s", text)
				}
			}
		})
	}
}

func checkCompact(t *testing.T, text []byte) {
	t.Helper()
	r, n := format.NewCompactReader(bytes.NewReader(text)), 0
	for {
		var v record.View
		err := r.Next(&v)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || v.Journal == [16]byte{} {
			t.Fatalf("record %d: %v, journal %x", n, err, v.Journal)
		}
		n++
	}
	if n != 2 || r.Damaged() != 0 {
		t.Errorf("%d records, %d bytes damaged", n, r.Damaged())
	}
}

func TestTheLayoutOfADestinationIsThatOfItsConfiguration(t *testing.T) {
	dir := t.TempDir()
	log, err := hydra.Parse([]byte("name: shop\nbase_log_dir: " + dir + `
layers:
  default:
    destinations:
      - {type: file, path: ecs.jsonl, schema: ecs, precision: ms, keys: {message: text}}
      - {type: file, path: old.log, format: syslog, rfc3164: true}
`))
	if err != nil {
		t.Fatal(err)
	}
	log.Warn(t.Context(), "slow")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "ecs.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil || m["log.level"] != "warning" || m["text"] != "slow" || m["service.name"] != "shop" {
		t.Errorf("%v: %s", err, text)
	}
	if old, err := os.ReadFile(filepath.Join(dir, "old.log")); err != nil || !strings.HasPrefix(string(old), "<12>") || !strings.Contains(string(old), " shop[") {
		t.Errorf("%v: %s", err, old)
	}
}

func TestALayoutThatTheFormatDoesNotHaveIsAnErrorOfOpen(t *testing.T) {
	log, err := hydra.Parse([]byte("layers: {default: {destinations: [{type: console, format: csv, schema: ecs}]}}\n"))
	if err == nil {
		log.Close()
		t.Fatal("it is accepted")
	}
	if !strings.Contains(err.Error(), "schema") {
		t.Error(err)
	}
}
