package redact

import "testing"

func TestAUUIDIsTakenForOneAndNothingElseIs(t *testing.T) {
	const id = "0193c5b2-7C4a-7d3e-9F21-3b5a1c9d2e4f"
	if !isUUID(id) {
		t.Error("a UUID is none")
	}
	for i := range len(id) {
		for b := range 256 {
			c := byte(b)
			hex := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
			dash := i == 8 || i == 13 || i == 18 || i == 23
			want := hex && !dash || dash && c == '-'
			if got := isUUID(id[:i] + string([]byte{c}) + id[i+1:]); got != want {
				t.Fatalf("byte %d is %q: %v", i, c, got)
			}
		}
	}
	if isUUID(id+"0") || isUUID(id[1:]) || isUUID("") {
		t.Error("the length does not matter")
	}
}
