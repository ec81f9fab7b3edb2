package journal

import "testing"

func TestTheTailIsBehindALargeRecordAsSoonAsItIsAccepted(t *testing.T) {
	for range 50 { // the next ordinary segment is made in another goroutine
		j := open(t, t.TempDir(), Options{MinSegment: 64 << 10, MaxSegment: 64 << 10})
		end, err := j.Append(payload(1, 100<<10), 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		if tail := j.Tail(); tail < end {
			t.Fatalf("the tail is %d, the record ends at %d: a Flush would not wait for it", tail, end)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
