package hydra

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/health"
)

func TestEveryDurationIsInTheStepThatItsEndSaysAndStepsAreAFifthWideAtMost(t *testing.T) {
	last := time.Duration(-1)
	for step := range len(histogram{}.counts) {
		end := stepEnd(step)
		if end <= 0 && step > 0 {
			break // beyond 63 bits
		}
		if end <= last || stepOf(uint64(end)) != step || stepOf(uint64(last+1)) != step {
			t.Fatalf("step %d ends at %d, which is in step %d; the one before ends at %d", step, end, stepOf(uint64(end)), last)
		}
		if step > 4 && float64(end-last) > 0.26*float64(last+1) {
			t.Errorf("step %d, from %d to %d, is too wide", step, last, end)
		}
		last = end
	}
}

func TestQuantilesOfAHistogramAreNearTheTrueOnes(t *testing.T) {
	var h histogram
	for i := range 10_000 {
		h.add(int64(i + 1))
	}
	h.add(-5) // the clock was set back
	l := h.report()
	for _, c := range []struct{ got, want time.Duration }{{l.P50, 5000}, {l.P90, 9000}, {l.P99, 9900}, {l.Max, 10_000}, {l.Mean, 5000}} {
		if c.got < c.want*9/10 || c.got > c.want*5/4 {
			t.Errorf("%d, want about %d: %+v", c.got, c.want, l)
		}
	}
	if l.Samples != 10_000 {
		t.Errorf("%d samples", l.Samples)
	}
	if empty := new(histogram).report(); empty.Samples != 0 || empty.P99 != 0 {
		t.Errorf("%+v", empty)
	}
}

func TestTheLargestMessagesAreFoundAmongAnyNumberInBoundedMemory(t *testing.T) {
	var v volumes
	large := map[string]uint64{}
	for i := range 100_000 {
		if i%10 == 0 {
			name := fmt.Sprint("large ", i/10%5)
			v.add("api", name, 1, 500)
			large[name] += 500
			continue
		}
		v.add("api", fmt.Sprint("rare ", rand.IntN(50_000)), 1, 50)
	}
	if len(v.list) > maxVolumes || len(v.place) != len(v.list) {
		t.Errorf("%d elements, %d places", len(v.list), len(v.place))
	}
	for _, got := range v.largest(5) {
		want := large[got.Message]
		if want == 0 || got.Bytes < want || got.Bytes-got.Over > want {
			t.Errorf("%+v, truly %d", got, want)
		}
	}
}

func TestNamesOfLayersThatComeFromOutsideAreBounded(t *testing.T) {
	m := newMonitor(monitorOptions{rate: 1})
	for i := range 10 * maxUnknown {
		m.addLayer(fmt.Sprint(i)).Bytes++
	}
	if n := len(m.report().Layers); n != maxUnknown+1 {
		t.Errorf("%d layers", n)
	}
	var other health.Volume
	for _, v := range m.report().Layers {
		if v.Layer == otherUnknown {
			other = v
		}
	}
	if other.Bytes != 9*maxUnknown {
		t.Errorf("%+v", other)
	}
}

func TestALongMessageIsShownInPart(t *testing.T) {
	if n := len(shortMessage(strings.Repeat("x", 1000))); n != maxShownMessage {
		t.Errorf("%d bytes", n)
	}
}

func TestNobodyWhoDidNotAskIsMeasured(t *testing.T) {
	var m *monitor
	if m.report() != nil {
		t.Error("a report without a monitor")
	}
}
