//go:build unix

package journal

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/hydra-logger/hydra/internal/crashtest"
)

// image is what a state directory holds: files by their path in it.
type image map[string][]byte

func takeImage(t *testing.T, dir string) image {
	t.Helper()
	all := image{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "LOCK" {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a spare, which has become a segment or is gone
		}
		all[name] = data
		return err
	}))
	return all
}

// tear writes to dir what a device may hold that lost its power: of each page of a file either what was there at the last sync or
// what was written since; a file that is new may be missing.
func tear(t *testing.T, dir string, before, after image, rng *rand.Rand) {
	t.Helper()
	page := []int{512, 4096}[rng.IntN(2)]
	for name, data := range after {
		old, was := before[name]
		if !was && rng.IntN(4) == 0 {
			continue
		}
		torn := bytes.Clone(data)
		for at := 0; at < len(torn); at += page {
			if rng.IntN(2) == 0 {
				continue
			}
			to := torn[at:min(at+page, len(torn))]
			clear(to)
			if at < len(old) {
				copy(to, old[at:])
			}
		}
		path := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, torn, 0o600))
	}
}

func TestWhateverPagesADeviceHasKeptWhatWasSyncedIsThereAndNothingElse(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		const synced, more = 300, 300
		o := Options{Backend: b, Destinations: map[string]uint64{"a": 7}, MinSegment: 64 << 10, MaxSegment: 64 << 10, Durability: DurabilityInterval, Interval: 1 << 40}
		j := open(t, filepath.Join(t.TempDir(), "j"), o)
		defer j.Close()
		reader(t, j, "a")
		var records [][]byte
		appendAll := func(n int) {
			for range n {
				records = append(records, payload(uint64(len(records)), 100+len(records)%700))
				_, err := j.AppendWait(t.Context(), records[len(records)-1], 1, 1)
				must(t, err)
			}
		}
		appendAll(synced)
		must(t, j.Sync(t.Context()))
		before := takeImage(t, j.Dir())
		appendAll(more)
		after := takeImage(t, j.Dir())
		for seed := range uint64(crashtest.Size(30, 500)) {
			if readTorn(t, o, before, after, records, synced, seed); t.Failed() {
				t.Fatalf("with seed %d", seed)
			}
		}
	})
}

// readTorn opens a torn image and compares what comes out with what was appended.
func readTorn(t *testing.T, o Options, before, after image, records [][]byte, synced int, seed uint64) {
	t.Helper()
	dir, err := os.MkdirTemp("", "torn-*")
	must(t, err)
	defer os.RemoveAll(dir)
	tear(t, dir, before, after, rand.New(rand.NewPCG(seed, 1)))
	o.Durability = DurabilityProcess // it reads the same, and syncs nothing
	j := open(t, dir, o)
	defer j.Close()
	seen := make([]int, len(records))
	readAll(t, reader(t, j, "a"), func(e Entry) {
		n := number(e.Payload)
		if n >= uint64(len(records)) || !bytes.Equal(e.Payload, records[n]) {
			t.Errorf("record %d was never appended", n)
			return
		}
		seen[n]++
	})
	for n, times := range seen {
		if times > 1 || times == 0 && n < synced {
			t.Errorf("record %d came %d times", n, times)
		}
	}
}
