package all_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/plugin/all"
)

const file = `
layers:
  a:
    destinations:
      - {type: nats, name: n, url: "nats://127.0.0.1:1", options: {subject: "logs.{layer}"}}
      - {type: kafka, name: k, options: {brokers: ["127.0.0.1:1"]}}
      - {type: redis, name: r, url: "redis://127.0.0.1:1", options: {stream: "logs", dedupe_window: 60}}
`

func TestOneFileMayNameEveryDestination(t *testing.T) {
	log, err := hydra.Parse([]byte("journal: {dir: "+t.TempDir()+"}\nclose_timeout: 0.1\n"+file), append(all.All(), hydra.WithEvents(func(hydra.Event) {}))...)
	if err != nil {
		t.Fatal(err)
	}
	log.Layer("a").Info(context.Background(), "kept in the journal")
	if n := len(log.Health().Destinations); n != 3 {
		t.Errorf("%d destinations", n)
	}
	_ = log.Close() // says that records are left, in the journal
}

func TestAnOptionThatADestinationDoesNotHaveIsAnErrorThatNamesIt(t *testing.T) {
	for _, wrong := range []string{"subject", "brokers", "stream"} {
		_, err := hydra.Parse([]byte(strings.Replace(file, wrong, wrong+"x", 1)), all.All()...)
		if err == nil || !strings.Contains(err.Error(), wrong+"x") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestEveryDestinationOfTheFolderIsRegistered(t *testing.T) {
	dirs, err := filepath.Glob("../*dest")
	if err != nil || len(dirs) < 3 {
		t.Fatal(dirs, err)
	}
	text, err := os.ReadFile("all.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if !strings.Contains(string(text), filepath.Base(d)+".Register()") {
			t.Errorf("%s is not registered", filepath.Base(d))
		}
	}
}
