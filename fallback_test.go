package hydra_test

import (
	"testing"

	"github.com/hydra-logger/hydra"
)

func TestAFallbackNeedsNoLayerOfItsOwn(t *testing.T) {
	t.Chdir(t.TempDir())
	log, err := hydra.Parse([]byte(`
name: spare
destinations:
  main: {type: file, path: main.jsonl, fallback: spare, retry_count: 3, dead_letter: {max_bytes: 1MiB}}
  spare: {type: file, path: spare.jsonl}
layers:
  default: {destinations: [main]}
`), quiet)
	if err != nil {
		t.Fatal(err)
	}
	log.Info(bg, "record")
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	if l := destOf(t, log, "spare").Ledger; l.Submitted.Total() != 0 {
		t.Errorf("%+v", l)
	}
	checkBalance(t, log)
}
