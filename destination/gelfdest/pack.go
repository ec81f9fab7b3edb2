package gelfdest

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
)

// Compress is how a datagram is compressed.
type Compress string

// The ways of compression.
const (
	CompressGzip Compress = "gzip"
	CompressZlib Compress = "zlib"
	CompressNone Compress = "none"
)

// A chunk, as the GELF specification draws it:
//
//	1e 0f | 8 bytes: id of the message | 1 byte: number of this chunk, from 0 | 1 byte: number of chunks | data
const (
	chunkHeader = 12
	mostChunks  = 128
)

// packer turns records into datagrams. It belongs to one goroutine.
type packer struct {
	size   int
	writer interface {
		io.WriteCloser
		Reset(io.Writer)
	} // nil: no compression
	packed bytes.Buffer
	chunks []byte
	list   [][]byte
	salt   uint64 // makes ids of several processes differ
	number uint64
}

func newPacker(c Compress, size int) (*packer, error) {
	p := &packer{size: size}
	switch c {
	case "", CompressGzip:
		p.writer = gzip.NewWriter(io.Discard)
	case CompressZlib:
		p.writer = zlib.NewWriter(io.Discard)
	case CompressNone:
	default:
		return nil, fmt.Errorf("compress %q is none of %s, %s, %s", string(c), CompressGzip, CompressZlib, CompressNone)
	}
	var seed [8]byte
	_, _ = rand.Read(seed[:]) // never fails
	p.salt = binary.BigEndian.Uint64(seed[:])
	return p, nil
}

func (p *packer) pack(rec []byte) ([][]byte, error) {
	data, err := p.compress(rec)
	if err != nil {
		return nil, err
	}
	p.list = p.list[:0]
	if len(data) <= p.size {
		p.list = append(p.list, data)
		return p.list, nil
	}
	return p.cut(data, len(rec))
}

func (p *packer) compress(rec []byte) ([]byte, error) {
	if p.writer == nil {
		return rec, nil
	}
	p.packed.Reset()
	p.writer.Reset(&p.packed)
	if _, err := p.writer.Write(rec); err != nil {
		return nil, err
	}
	if err := p.writer.Close(); err != nil {
		return nil, err
	}
	return p.packed.Bytes(), nil
}

// cut makes chunks. Each record has an id of its own, also when it is sent again: the receiver forgets one after 5 s,
// and chunks of two attempts must not be mixed.
func (p *packer) cut(data []byte, size int) ([][]byte, error) {
	part := p.size - chunkHeader
	n := (len(data) + part - 1) / part
	if n > mostChunks {
		return nil, fmt.Errorf("a record of %d bytes, %d to be sent, needs %d chunks; GELF allows %d: raise chunk_size or use tcp",
			size, len(data), n, mostChunks)
	}
	p.number++
	p.chunks = p.chunks[:0]
	for i := range n {
		p.chunks = append(p.chunks, 0x1e, 0x0f)
		p.chunks = binary.BigEndian.AppendUint64(p.chunks, p.salt+p.number)
		p.chunks = append(p.chunks, byte(i), byte(n))
		p.chunks = append(p.chunks, data[i*part:min((i+1)*part, len(data))]...)
	}
	for rest := p.chunks; len(rest) > 0; {
		k := min(p.size, len(rest))
		p.list = append(p.list, rest[:k])
		rest = rest[k:]
	}
	return p.list, nil
}
