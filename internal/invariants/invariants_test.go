package invariants

import (
	"strings"
	"testing"
)

func TestBrokenInvariantPanicsOnlyWhenChecksAreCompiledIn(t *testing.T) {
	defer func() {
		v := recover()
		if Enabled != (v != nil) {
			t.Fatalf("Enabled is %v, recovered %v", Enabled, v)
		}
		if s, ok := v.(string); ok && !strings.Contains(s, "3 is not 4") {
			t.Fatalf("the panic does not say what is broken: %q", s)
		}
	}()
	Check(true, "fine")
	Check(false, "%d is not %d", 3, 4)
}
