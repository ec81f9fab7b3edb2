package correlation_test

import (
	"context"
	"regexp"
	"sort"
	"sync"
	"testing"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/record"
)

var uuid7 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestNewIDsAreVersion7AndAscendAndNeverRepeat(t *testing.T) {
	const workers, each = 8, 2000
	var mu sync.Mutex
	seen := map[string]bool{}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			ids := make([]string, each)
			for i := range ids {
				ids[i] = correlation.New()
			}
			if !sort.StringsAreSorted(ids) {
				t.Error("ids of one goroutine do not ascend")
			}
			mu.Lock()
			defer mu.Unlock()
			for _, id := range ids {
				if !uuid7.MatchString(id) {
					t.Errorf("not a version 7 UUID: %q", id)
				}
				seen[id] = true
			}
		})
	}
	wg.Wait()
	if len(seen) != workers*each {
		t.Errorf("%d different ids, want %d", len(seen), workers*each)
	}
}

func TestEnsureKeepsAnIDThatIsThereAndMakesOneWhereNoneIs(t *testing.T) {
	ctx := correlation.Ensure(nil, "") //nolint:staticcheck // a nil context is allowed
	first := correlation.ID(ctx)
	if !uuid7.MatchString(first) {
		t.Fatalf("made %q", first)
	}
	if got := correlation.ID(correlation.Ensure(ctx, "")); got != first {
		t.Errorf("an empty id replaced %q by %q", first, got)
	}
	if got := correlation.ID(correlation.Ensure(ctx, "order-7")); got != "order-7" {
		t.Errorf("got %q, want the given id", got)
	}
}

func TestEnsureKeepsTheOtherIDs(t *testing.T) {
	ctx := correlation.With(context.Background(), record.IDs{CausationID: "c", TraceID: [16]byte{1}})
	ids, ok := correlation.FromContext(correlation.Ensure(ctx, "x"))
	if !ok || ids.CausationID != "c" || ids.TraceID[0] != 1 || ids.CorrelationID != "x" {
		t.Errorf("got %+v", ids)
	}
}

func TestAContextWithoutIDsSaysSo(t *testing.T) {
	if _, ok := correlation.FromContext(context.Background()); ok {
		t.Error("an empty context carried ids")
	}
	if id := correlation.ID(nil); id != "" { //nolint:staticcheck // a nil context is allowed
		t.Errorf("nil context carried %q", id)
	}
}
