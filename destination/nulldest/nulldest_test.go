package nulldest

import (
	"testing"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestWhatIsThrownAwayIsCounted(t *testing.T) {
	d := New()
	for range 3 {
		b := &destination.Batch{Data: []byte("a\nbc\n"), Items: make([]destination.Item, 2)}
		if err := d.Deliver(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if d.Records() != 6 || d.Bytes() != 15 || !d.Local() || d.Describe() != "nowhere" {
		t.Errorf("%d records, %d bytes", d.Records(), d.Bytes())
	}
	if err := d.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
