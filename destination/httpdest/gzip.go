package httpdest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/flate"
)

// A large request is compressed in parts, by several goroutines:
//
//	header │ part 1, flushed │ part 2, flushed │ … │ part n, ended │ sum and length of the whole
//
// A part that is flushed ends at a byte with a block that is not the last, so the parts are one deflate stream, and
// the whole is one gzip member as every other (RFC 1951, section 3.2.4; RFC 1952). Several members would be shorter to write, and not
// every server reads behind the first.

const (
	// gzipPart is the size of a part, in bytes, about. A part knows nothing of what was before it, and compresses worse at first.
	gzipPart      = 128 << 10
	mostDeflaters = 8 // goroutines
	gzipLevel     = flate.BestSpeed
)

// part is what became of one.
type part struct {
	out bytes.Buffer
	err error
}

func (p *part) compress(w *flate.Writer, plain []byte, last bool) {
	p.out.Reset()
	w.Reset(&p.out)
	if _, p.err = w.Write(plain); p.err != nil {
		return
	}
	if last {
		p.err = w.Close()
		return
	}
	p.err = w.Flush()
}

// deflaters are used again: one has some hundred KiB of tables.
var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, gzipLevel) // the level is right
	return w
}}

// gzipHeader says: deflate, no name, no time, fastest, no system.
var gzipHeader = [10]byte{0x1f, 0x8b, 8, 8: 4, 9: 255}

// gzip compresses plain into b.packed. This goroutine takes part after part, and those take some that a processor is
// free for: on a busy machine they find nothing left.
func (b *buffer) gzip(plain []byte) error {
	parts := max(1, len(plain)/gzipPart)
	for len(b.parts) < parts {
		b.parts = append(b.parts, new(part))
	}
	var taken atomic.Int64
	work := func() {
		w := deflaters.Get().(*flate.Writer)
		defer deflaters.Put(w)
		for i := int(taken.Add(1)) - 1; i < parts; i = int(taken.Add(1)) - 1 {
			b.parts[i].compress(w, plain[cut(plain, i, parts):cut(plain, i+1, parts)], i == parts-1)
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), mostDeflaters, parts) - 1 {
		wg.Go(work)
	}
	work()
	sum := crc32.ChecksumIEEE(plain)
	wg.Wait()
	return b.join(parts, sum, len(plain))
}

// join puts the parts together.
func (b *buffer) join(parts int, sum uint32, length int) error {
	b.packed.Reset()
	b.packed.Write(gzipHeader[:])
	for _, d := range b.parts[:parts] {
		if d.err != nil {
			return d.err
		}
		b.packed.Write(d.out.Bytes())
	}
	tail := binary.LittleEndian.AppendUint32(b.packed.AvailableBuffer(), sum)
	b.packed.Write(binary.LittleEndian.AppendUint32(tail, uint32(length)))
	return nil
}

// cut is where part i of parts begins.
func cut(plain []byte, i, parts int) int { return len(plain) * i / parts }
