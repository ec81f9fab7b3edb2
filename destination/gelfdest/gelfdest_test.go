package gelfdest

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/dial"
	"github.com/hydra-logger/hydra/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// decoder is strict: it takes what the GELF document allows and nothing else. It was written from the document,
// and uses nothing of the code that it checks.
type decoder struct {
	open map[string][][]byte
}

func (d *decoder) datagram(b []byte) ([]byte, error) {
	if !bytes.HasPrefix(b, []byte{0x1e, 0x0f}) {
		return inflate(b)
	}
	if len(b) <= 12 {
		return nil, errors.New("a chunk without data")
	}
	id, number, count := string(b[2:10]), int(b[10]), int(b[11])
	if count < 2 || count > 128 || number >= count {
		return nil, fmt.Errorf("chunk %d of %d", number, count)
	}
	if d.open == nil {
		d.open = map[string][][]byte{}
	}
	if d.open[id] == nil {
		d.open[id] = make([][]byte, count)
	}
	parts := d.open[id]
	if len(parts) != count || parts[number] != nil {
		return nil, errors.New("a chunk that does not fit the others")
	}
	parts[number] = bytes.Clone(b[12:])
	for _, p := range parts {
		if p == nil {
			return nil, nil
		}
	}
	delete(d.open, id)
	return inflate(bytes.Join(parts, nil))
}

func inflate(b []byte) ([]byte, error) {
	var r io.Reader
	var err error
	switch {
	case bytes.HasPrefix(b, []byte{0x1f, 0x8b}):
		r, err = gzip.NewReader(bytes.NewReader(b))
	case len(b) > 1 && b[0] == 0x78 && (int(b[0])<<8|int(b[1]))%31 == 0:
		r, err = zlib.NewReader(bytes.NewReader(b))
	case bytes.HasPrefix(b, []byte("{")):
		return b, nil
	default:
		return nil, errors.New("neither gzip nor zlib nor JSON")
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func batchOf(lines ...string) *destination.Batch {
	b := &destination.Batch{Attempt: 1}
	for _, l := range lines {
		start := len(b.Data)
		b.Data = append(append(b.Data, l...), '\n')
		b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data)})
	}
	return b
}

func message(text string) string {
	b, _ := json.Marshal(map[string]string{"version": "1.1", "host": "h", "short_message": text})
	return string(b)
}

// noise does not compress.
func noise(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(33 + rand.N(90))
	}
	return string(b)
}

func TestAnyRecordIsReadBackFromItsDatagrams(t *testing.T) {
	for _, c := range []Compress{CompressGzip, CompressZlib, CompressNone} {
		l, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		_ = l.SetReadBuffer(4 << 20)
		d, err := New(Options{Address: l.LocalAddr().String(), Compress: c, ChunkSize: 500})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{message("short"), message(noise(450)), message(noise(5000)), message(strings.Repeat("lines\n", 500)), message("last")}
		if err := d.Deliver(t.Context(), batchOf(want...)); err != nil {
			t.Fatal(err)
		}
		var dec decoder
		buf := make([]byte, 1<<16)
		for i := 0; i < len(want); {
			_ = l.SetReadDeadline(time.Now().Add(5 * time.Second))
			n, err := l.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			if n > 500 {
				t.Errorf("%s: a datagram of %d bytes", c, n)
			}
			got, err := dec.datagram(buf[:n])
			if err != nil {
				t.Fatalf("%s: %v", c, err)
			}
			if got != nil {
				if string(got) != want[i] {
					t.Errorf("%s: record %d: %.60q", c, i, got)
				}
				i++
			}
		}
		_, _ = d.(interface{ Describe() string }), l.Close()
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

func TestARecordThatNeedsTooManyChunksIsRejectedAlone(t *testing.T) {
	l, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d, err := New(Options{Address: l.LocalAddr().String(), ChunkSize: 112, Compress: CompressNone})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close(context.Background())
	err = d.Deliver(t.Context(), batchOf(message("a"), message(noise(12801)), message("b")))
	if o := destination.OutcomeOf(err); o.Kind != destination.Partly || len(o.Items) != 1 || o.Items[0].Index != 1 {
		t.Errorf("%v: %+v", err, o)
	}
}

func TestARecordThatIsSentAgainHasAnotherID(t *testing.T) {
	p, err := newPacker(CompressNone, 100)
	if err != nil {
		t.Fatal(err)
	}
	id := func() string {
		list, err := p.pack([]byte(noise(300)))
		if err != nil || len(list) < 2 {
			t.Fatal(list, err)
		}
		return string(list[0][2:10])
	}
	if first := id(); first == id() {
		t.Error("the id is the same")
	}
}

func TestABadSettingIsRefusedByNew(t *testing.T) {
	for _, o := range []Options{
		{}, {Address: "h", Transport: "http"}, {Address: "h", Compress: "zip"}, {Address: "h", ChunkSize: 5}, {Address: "h", ChunkSize: 1 << 20},
		{Address: "h", Transport: TCP, Compress: CompressGzip}, {Address: "h", TLS: &dial.TLS{}}, {Address: "h", Transport: TLS, TLS: &dial.TLS{CA: "/no"}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
	d, err := New(Options{Address: "graylog", Transport: TLS})
	if err != nil || d.(destination.Describer).Describe() != "tls://graylog:12201" {
		t.Errorf("%v, %v", d, err)
	}
}

func FuzzAnyRecordIsReadBack(f *testing.F) {
	f.Add([]byte(`{"a":1}`), 40)
	f.Add(bytes.Repeat([]byte("{xyz"), 400), 100)
	f.Fuzz(func(t *testing.T, rec []byte, size int) {
		size = 25 + (size&0x7fff)%8000
		for _, c := range []Compress{CompressGzip, CompressZlib} {
			p, _ := newPacker(c, size)
			list, err := p.pack(rec)
			if err != nil {
				return
			}
			var dec decoder
			for i, g := range list {
				got, err := dec.datagram(g)
				if err != nil || len(g) > size || (got != nil || len(rec) == 0) != (i == len(list)-1) && len(rec) > 0 {
					t.Fatalf("%s, datagram %d of %d, %d bytes: %v", c, i, len(list), len(g), err)
				}
				if i == len(list)-1 && !bytes.Equal(got, rec) {
					t.Errorf("%q became %q", rec, got)
				}
			}
		}
	})
}
