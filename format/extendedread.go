package format

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/hydra-logger/hydra/record"
)

// ExtendedReader reads what binary-extended has written, a sequence of CBOR items (RFC 8949, RFC 8742), as JSON.
type ExtendedReader struct {
	r       io.Reader
	buf     []byte
	at      int   // of buf: the next item
	offset  int64 // of buf[0] in the file
	ended   error // of r
	line    []byte
	damages []Damage
}

// NewExtendedReader returns a reader of r.
func NewExtendedReader(r io.Reader) *ExtendedReader { return &ExtendedReader{r: r} }

// Damages are the parts that were passed over because they are no whole record, in order, the first 1000.
func (e *ExtendedReader) Damages() []Damage { return e.damages }

// Next returns the next record as one line of JSON, which is valid until the following call: bytes are base64, those of trace_id and
// span_id hexadecimal, a number that JSON has not is text. It returns io.EOF at the end, also behind damage.
func (e *ExtendedReader) Next() ([]byte, error) {
	for {
		if e.at == len(e.buf) && !e.more() {
			if errors.Is(e.ended, io.EOF) {
				return nil, io.EOF
			}
			return nil, e.ended
		}
		c := cborJSON{in: e.buf[e.at:], out: e.line[:0]}
		var err error
		if c.in[0] != cborMapBegin { // every record is one
			err = errNoCBOR
		} else {
			err = c.item("", 0)
		}
		switch {
		case err == nil:
			e.at += len(e.buf) - e.at - len(c.in)
			e.line = append(c.out, '\n')
			return e.line, nil
		case errors.Is(err, errShort) && e.more():
		default:
			e.pass()
		}
	}
}

// more reads on. It reports false at the end.
func (e *ExtendedReader) more() bool {
	if e.ended != nil {
		return false
	}
	e.offset += int64(e.at)
	e.buf = e.buf[:copy(e.buf, e.buf[e.at:])]
	e.at = 0
	step := max(64<<10, len(e.buf)) // doubled, so that a large item is not read from its beginning too often
	grown := append(e.buf, make([]byte, step)...)
	n, err := io.ReadFull(e.r, grown[len(e.buf):])
	e.buf = grown[:len(e.buf)+n]
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	e.ended = err
	return n > 0
}

// pass goes to where the next record seems to begin, in what was read.
func (e *ExtendedReader) pass() {
	next := len(e.buf)
	for _, begin := range [...]string{"\xbf\x69timestamp\xc0", "\xbf\x65level"} {
		if i := bytes.Index(e.buf[e.at+1:], []byte(begin)); i >= 0 {
			next = min(next, e.at+1+i)
		}
	}
	if next == len(e.buf) && e.ended == nil {
		next = max(e.at+1, next-16) // the beginning of a beginning
	}
	e.damages = addDamage(e.damages, e.offset+int64(e.at), int64(next-e.at))
	e.at = next
}

var (
	errShort  = errors.New("the item goes on")
	errNoCBOR = errors.New("no item of CBOR")
)

// maxText is more than a text of a record can have.
const maxText = 1 << 28

// cborJSON writes items as JSON.
type cborJSON struct{ in, out []byte }

// item writes the next item; key is that of a map which it is the value of.
func (c *cborJSON) item(key string, depth int) error {
	if depth > 2*record.MaxDepth {
		return errNoCBOR
	}
	major, n, open, err := c.head()
	if err != nil {
		return err
	}
	if open && major != 4 && major != 5 {
		return errNoCBOR
	}
	switch major {
	case 0:
		c.out = strconv.AppendUint(c.out, n, 10)
	case 1:
		c.out = append(c.out, '-')
		if n == math.MaxUint64 {
			c.out = append(c.out, "18446744073709551616"...)
		} else {
			c.out = strconv.AppendUint(c.out, n+1, 10)
		}
	case 2:
		return c.bytes(key, n)
	case 3:
		s, err := c.text(n)
		c.out = appendString(c.out, s)
		return err
	case 4, 5:
		return c.collection(major == 5, n, open, depth)
	case 6:
		return c.item(key, depth+1)
	}
	return nil
}

// head takes the head of an item. Of simple values and floats it writes the value.
func (c *cborJSON) head() (major byte, n uint64, open bool, err error) {
	if len(c.in) == 0 {
		return 0, 0, false, errShort
	}
	first := c.in[0]
	major, info := first>>5, first&31
	size := 0
	switch {
	case info == 31:
		open = true
	case info > 27:
		return 0, 0, false, errNoCBOR
	case info >= 24:
		size = 1 << (info - 24)
	default:
		n = uint64(info)
	}
	if len(c.in) < 1+size {
		return 0, 0, false, errShort
	}
	for _, b := range c.in[1 : 1+size] {
		n = n<<8 | uint64(b)
	}
	c.in = c.in[1+size:]
	if major == 7 {
		err = c.simple(first, n)
	}
	return major, n, open, err
}

func (c *cborJSON) simple(first byte, n uint64) error {
	switch first {
	case cborFalse:
		c.out = append(c.out, "false"...)
	case cborTrue:
		c.out = append(c.out, "true"...)
	case cborNull, cborNull + 1:
		c.out = append(c.out, "null"...)
	case cborFloat64 - 1:
		c.float(float64(math.Float32frombits(uint32(n))))
	case cborFloat64:
		c.float(math.Float64frombits(n))
	default:
		return errNoCBOR
	}
	return nil
}

func (c *cborJSON) float(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		c.out = appendString(c.out, strconv.FormatFloat(f, 'g', -1, 64))
		return
	}
	c.out = strconv.AppendFloat(c.out, f, 'g', -1, 64)
}

// take takes n bytes.
func (c *cborJSON) take(n uint64) ([]byte, error) {
	if n > maxText {
		return nil, errNoCBOR
	}
	if n > uint64(len(c.in)) {
		return nil, errShort
	}
	out := c.in[:n]
	c.in = c.in[n:]
	return out, nil
}

func (c *cborJSON) text(n uint64) (string, error) {
	b, err := c.take(n)
	if err == nil && !utf8.Valid(b) {
		err = errNoCBOR
	}
	return string(b), err
}

func (c *cborJSON) bytes(key string, n uint64) error {
	b, err := c.take(n)
	c.out = append(c.out, '"')
	if key == keyTrace || key == keySpan {
		c.out = hex.AppendEncode(c.out, b)
	} else {
		c.out = base64.StdEncoding.AppendEncode(c.out, b)
	}
	c.out = append(c.out, '"')
	return err
}

// collection writes a list or a map of n elements, or of those that come before a break.
func (c *cborJSON) collection(isMap bool, n uint64, open bool, depth int) error {
	begin, end := byte('['), byte(']')
	if isMap {
		begin, end = '{', '}'
	}
	c.out = append(c.out, begin)
	for i := uint64(0); open || i < n; i++ {
		if len(c.in) == 0 {
			return errShort
		}
		if open && c.in[0] == cborBreak {
			c.in = c.in[1:]
			break
		}
		if i > 0 {
			c.out = append(c.out, ',')
		}
		if err := c.element(isMap, depth); err != nil {
			return err
		}
	}
	c.out = append(c.out, end)
	return nil
}

func (c *cborJSON) element(isMap bool, depth int) error {
	key := ""
	if isMap {
		if c.in[0]>>5 != cborText>>5 {
			return errNoCBOR
		}
		_, n, open, err := c.head()
		if err != nil {
			return err
		}
		if open {
			return errNoCBOR
		}
		if key, err = c.text(n); err != nil {
			return err
		}
		c.out = append(appendString(c.out, key), ':')
	}
	return c.item(key, depth+1)
}
