package httpdest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

// logLines is text that compresses as records do.
func logLines(size int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b []byte
	for len(b) < size {
		b = fmt.Appendf(b, `{"timestamp":"2026-11-24T12:00:00.%09dZ","level":"INFO","message":"order taken","n":%d}`+"\n", r.IntN(1e9), r.IntN(1e6))
	}
	return b[:size]
}

func TestARequestIsOneGzipMemberOfWhatWasGivenWhateverItsSize(t *testing.T) {
	all := logLines(5*gzipPart + 1)
	b := new(buffer)
	for _, size := range []int{0, 1, 255, 256, gzipPart - 1, gzipPart, gzipPart + 1, 2 * gzipPart, 2*gzipPart + 1, 3*gzipPart - 1, 5*gzipPart + 1, 300} {
		if err := b.gzip(all[:size]); err != nil {
			t.Fatal(err)
		}
		packed := bytes.NewReader(b.packed.Bytes())
		z, err := gzip.NewReader(packed)
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		z.Multistream(false) // as a server reads that stops behind the first member
		got, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(got, all[:size]) || packed.Len() != 0 {
			t.Errorf("%d bytes: %d arrive, %d are left, %v", size, len(got), packed.Len(), err)
		}
		if size > 1000 && b.packed.Len() > size/3 {
			t.Errorf("%d bytes become %d", size, b.packed.Len())
		}
	}
}

func FuzzGzip(f *testing.F) {
	f.Add([]byte("a"), 1)
	f.Add(logLines(1000), 400)
	f.Fuzz(func(t *testing.T, piece []byte, times int) {
		plain := bytes.Repeat(piece, 1+max(0, min(times, 3*gzipPart/(len(piece)+1))))
		b := new(buffer)
		if err := b.gzip(plain); err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(&b.packed)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes of %d arrive: %v", len(got), len(plain), err)
		}
	})
}

func BenchmarkGzip(b *testing.B) {
	plain := logLines(batchBytes)
	buf := new(buffer)
	b.SetBytes(int64(len(plain)))
	b.ReportAllocs()
	for b.Loop() {
		if err := buf.gzip(plain); err != nil {
			b.Fatal(err)
		}
	}
}

func TestABatchIsAsLargeAsARequestMayBe(t *testing.T) {
	for _, c := range []struct {
		p    Protocol
		want int
	}{
		{Protocol{}, batchBytes},
		{Protocol{MaxBytes: 1 << 20}, 3 << 18},
		{Protocol{MaxBytes: 100 << 20}, batchBytes},
		{Protocol{MaxRecords: 1}, 0},
		{Protocol{MaxRecords: 1000}, batchBytes},
	} {
		c.p.Encoder = LinesEncoder("text/plain")
		d, err := NewDriver(Target{URL: "http://h/"}, c.p)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.BatchBytes(); got != c.want {
			t.Errorf("with at most %d bytes and %d records: %d, want %d", c.p.MaxBytes, c.p.MaxRecords, got, c.want)
		}
	}
}
