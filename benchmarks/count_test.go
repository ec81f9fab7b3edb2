package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestCountFindsWhatIsMissingTwiceTornAndInvented(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	text := `{"seq":0}` + "\n" + `{"a":1,"seq":2,"b":3}` + "\n" + `{"seq":2}` + "\n" + `{"seq":9}` + "\n" + `{"x":1}` + "\n" + `{"x":` + "\n" + `{"seq":3`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := count(path, 5)
	if err != nil {
		t.Fatal(err)
	}
	if c.distinct != 2 || c.duplicates != 1 || c.invented != 1 || c.torn != 2 || c.notes != 1 || c.missing(5) != 3 || c.missing(1) != 0 {
		t.Errorf("got %+v, missing %d", c, c.missing(5))
	}
}

func TestAFileThatDoesNotExistHoldsNothing(t *testing.T) {
	c, err := count(filepath.Join(t.TempDir(), "none"), 3)
	if err != nil || c.missing(3) != 3 {
		t.Errorf("missing %d, error %v", c.missing(3), err)
	}
}

func TestSampledLoopsLogEverySeqOnce(t *testing.T) {
	for _, n := range []int{1, 15, 16, 17, 1000} {
		for _, g := range []int{1, 3} {
			seen := make([]int, n)
			logSampled(func(first, k int) {
				for i := range k {
					seen[first+i]++
				}
			}, g, n)
			for seq, times := range seen {
				if times != 1 {
					t.Fatalf("n=%d g=%d: seq %d was logged %d times", n, g, seq, times)
				}
			}
		}
	}
}

func TestPercentilesAndMediansAreThoseOfTheValues(t *testing.T) {
	v := make([]time.Duration, 1000)
	for i := range v {
		v[i] = time.Duration(i)
	}
	if percentile(v, .5) != 500 || percentile(v, .999) != 999 || percentile(v, 1) != 999 || percentile(nil, .5) != 0 {
		t.Error("percentile")
	}
	if median([]float64{3, 1, 2}) != 2 || median([]float64{4, 1, 2, 3}) != 2.5 {
		t.Error("median")
	}
}
