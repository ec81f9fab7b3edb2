package httpdest

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

// Ways to compress a request.
const (
	Gzip = "gzip"
	Zstd = "zstd"
	None = "none"
)

// worthCompressing is the size from which a request is compressed.
const worthCompressing = 256

// buffer is the memory of one request. The client may read a body after it has given the request up, so
// the memory is used again only when all readers are closed.
type buffer struct {
	plain   []byte
	packed  bytes.Buffer
	parts   []*part
	zstd    *zstd.Encoder
	readers atomic.Int32
}

const mostKept = 4 << 20 // bytes of a buffer that is kept

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func takeBuffer() *buffer { return buffers.Get().(*buffer) }

// release gives the memory back, unless somebody may still read it.
func (b *buffer) release() {
	if b.readers.Load() != 0 || cap(b.plain) > mostKept || b.packed.Cap() > mostKept {
		return
	}
	b.plain = b.plain[:0]
	b.packed.Reset()
	buffers.Put(b)
}

// pack returns the body as it is sent, and its Content-Encoding. Without compression that is plain itself.
func (b *buffer) pack(plain []byte, how string) (body []byte, encoding string, err error) {
	if len(plain) < worthCompressing {
		how = None
	}
	switch how {
	case Gzip:
		err = b.gzip(plain)
		return b.packed.Bytes(), Gzip, err
	case Zstd:
		if b.zstd == nil {
			if b.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1)); err != nil {
				return nil, "", err
			}
		}
		packed := b.zstd.EncodeAll(plain, b.packed.AvailableBuffer()[:0])
		b.packed.Reset()
		b.packed.Write(packed)
		return b.packed.Bytes(), Zstd, nil
	}
	return plain, "", nil
}

// reader is a body that tells when it is closed.
type reader struct {
	bytes.Reader
	owner  *buffer
	closed atomic.Bool
}

func (b *buffer) reader(body []byte) io.ReadCloser {
	b.readers.Add(1)
	r := &reader{owner: b}
	r.Reset(body)
	return r
}

func (r *reader) Close() error {
	if r.closed.CompareAndSwap(false, true) {
		r.owner.readers.Add(-1)
	}
	return nil
}
