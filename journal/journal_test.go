package journal

import (
	"encoding/binary"
	"testing"
	"time"
)

// backends runs a test with segments mapped and written. Under the race detector both are on the heap.
func backends(t *testing.T, f func(t *testing.T, b Backend)) {
	t.Run("mapped", func(t *testing.T) { f(t, BackendMapped) })
	t.Run("write", func(t *testing.T) { f(t, BackendWrite) })
}

func open(t testing.TB, dir string, o Options) *Journal {
	t.Helper()
	j, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func reader(t testing.TB, j *Journal, name string) *Reader {
	t.Helper()
	r, err := j.NewReader(ReaderOptions{Name: name, Hash: 7})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// payload is a record with a time, a number, and filler.
func payload(n uint64, size int) []byte {
	b := make([]byte, max(size, 16))
	binary.LittleEndian.PutUint64(b, uint64(time.Now().UnixNano()))
	binary.LittleEndian.PutUint64(b[8:], n)
	for i := 16; i < len(b); i++ {
		b[i] = byte(n) + byte(i)
	}
	return b
}

func number(p []byte) uint64 { return binary.LittleEndian.Uint64(p[8:]) }

// readAll reads and acknowledges what is there now.
func readAll(t testing.TB, r *Reader, f func(e Entry)) (n int) {
	t.Helper()
	var dst [64]Entry
	for {
		got, err := r.Next(dst[:], 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if got == 0 {
			return n
		}
		for _, e := range dst[:got] {
			if f != nil {
				f(e)
			}
		}
		if err := r.Ack(dst[got-1].End); err != nil {
			t.Fatal(err)
		}
		r.Release()
		n += got
	}
}

func TestRecordsAreReadBackInOrder(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		j := open(t, t.TempDir(), Options{Backend: b})
		r := reader(t, j, "a")
		const total = 20000
		read := uint64(0)
		check := func(e Entry) {
			if number(e.Payload) != read {
				t.Fatalf("record %d at %d, want %d", number(e.Payload), e.Position, read)
			}
			read++
		}
		for i := range uint64(total) {
			if _, err := j.Append(payload(i, 200), 1, 2); err != nil {
				t.Fatalf("append %d: %v", i, err)
			}
			if i%5000 == 0 {
				readAll(t, r, check)
			}
		}
		readAll(t, r, check)
		if read != total {
			t.Fatalf("read %d of %d", read, total)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
