//go:build linux

package journaldest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/destinationtest"
	"github.com/hydra-logger/hydra/internal/leak"
	"github.com/hydra-logger/hydra/record"
)

func TestMain(m *testing.M) { leak.Main(m) }

// field is one field of an entry.
type field struct{ key, value string }

// parseEntry is strict, and written from the protocol's document.
func parseEntry(b []byte) (fields []field, err error) {
	for len(b) > 0 {
		i := bytes.IndexAny(b, "=\n")
		if i <= 0 {
			return nil, fmt.Errorf("no field at %.40q", b)
		}
		f := field{key: string(b[:i])}
		for j, r := range f.key {
			if r != '_' && (r < 'A' || r > 'Z') && (r < '0' || r > '9') || j == 0 && (r == '_' || r <= '9') || j >= 64 {
				return nil, fmt.Errorf("bad key %q", f.key)
			}
		}
		if b[i] == '=' {
			end := bytes.IndexByte(b, '\n')
			if end < 0 {
				return nil, errors.New("no end")
			}
			f.value, b = string(b[i+1:end]), b[end+1:]
		} else {
			b = b[i+1:]
			if len(b) < 8 {
				return nil, errors.New("no length")
			}
			n := binary.LittleEndian.Uint64(b)
			if b = b[8:]; uint64(len(b)) <= n || b[n] != '\n' {
				return nil, errors.New("bad length")
			}
			f.value, b = string(b[:n]), b[n+1:]
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// journald takes entries as the real one does.
type journald struct {
	t    *testing.T
	path string
	mu   sync.Mutex
	conn *net.UnixConn
	got  [][]field
	file int // entries that came in a file
	wg   sync.WaitGroup
}

func newJournald(t *testing.T) *journald {
	j := &journald{t: t, path: filepath.Join(t.TempDir(), "socket")}
	j.start()
	t.Cleanup(func() { j.stop(); j.wg.Wait() })
	return j
}

func (j *journald) start() {
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: j.path, Net: "unixgram"})
	if err != nil {
		j.t.Fatal(err)
	}
	j.mu.Lock()
	j.conn = c
	j.mu.Unlock()
	j.wg.Go(func() {
		buf, oob := make([]byte, 1<<20), make([]byte, 64)
		for {
			n, k, _, _, err := c.ReadMsgUnix(buf, oob)
			if err != nil {
				return
			}
			j.take(bytes.Clone(buf[:n]), oob[:k])
		}
	})
}

func (j *journald) take(data, oob []byte) {
	file := len(oob) > 0
	if file {
		data = j.readFile(oob)
	}
	fields, err := parseEntry(data)
	if err != nil {
		j.t.Errorf("entry of %d bytes: %v", len(data), err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.got = append(j.got, fields)
	if file {
		j.file++
	}
}

func (j *journald) readFile(oob []byte) []byte {
	msgs, err := syscall.ParseSocketControlMessage(oob)
	if err != nil || len(msgs) != 1 {
		j.t.Errorf("control messages: %v, %v", msgs, err)
		return nil
	}
	fds, err := syscall.ParseUnixRights(&msgs[0])
	if err != nil || len(fds) != 1 {
		j.t.Errorf("descriptors: %v, %v", fds, err)
		return nil
	}
	f := os.NewFile(uintptr(fds[0]), "entry")
	defer f.Close()
	seals, _ := unix.FcntlInt(f.Fd(), unix.F_GET_SEALS, 0)
	if want := unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE; seals != want {
		j.t.Errorf("seals %#x, want %#x", seals, want)
	}
	data, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<30))
	if err != nil {
		j.t.Error(err)
	}
	return data
}

func (j *journald) stop() {
	j.mu.Lock()
	defer j.mu.Unlock()
	_ = j.conn.Close()
}

func (j *journald) entries() [][]field {
	last := -1
	for {
		j.mu.Lock()
		n := len(j.got)
		if n == last {
			defer j.mu.Unlock()
			return append([][]field(nil), j.got...)
		}
		j.mu.Unlock()
		last = n
		time.Sleep(50 * time.Millisecond)
	}
}

func (j *journald) messages() []byte {
	var out []byte
	for _, e := range j.entries() {
		for _, f := range e {
			if f.key == "MESSAGE" {
				out = append(append(out, f.value...), '\n')
			}
		}
	}
	return out
}

func encoded(h record.Header, attrs ...slog.Attr) []byte {
	var e record.Encoder
	return bytes.Clone(e.Encode(&h, nil, attrs))
}

func batchOf(raws ...[]byte) *destination.Batch {
	b := &destination.Batch{Attempt: 1}
	for i, raw := range raws {
		start := len(b.Data)
		b.Data = append(b.Data, "formatted\n"...)
		b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data), Raw: raw, Journal: [16]byte{1}, Position: uint64(i)})
	}
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDriverKeepsTheRules(t *testing.T) {
	destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
		j := newJournald(t)
		d, err := New(Options{Path: j.path, Formatted: true})
		must(t, err)
		return destinationtest.Harness{
			Driver:   d,
			Received: j.messages,
			Break: func() func() {
				j.entries()
				j.stop()
				_ = os.Remove(j.path)
				return j.start
			},
		}
	})
}

func TestAttributesBecomeFields(t *testing.T) {
	j := newJournald(t)
	d, err := New(Options{Path: j.path, Identifier: "shop"})
	must(t, err)
	defer d.Close(context.Background())
	raw := encoded(record.Header{Time: 1704207845678901234, Level: slog.LevelError, Layer: "api", Logger: "orders", Message: "two\nlines",
		IDs:    &record.IDs{CorrelationID: "c-1", CausationID: "c-0", MessageID: "m", TraceID: [16]byte{0xab}, SpanID: [8]byte{0xcd}},
		Source: &record.Source{Function: "f", File: "/a.go", Line: 7}},
		slog.Int("order.id", 5), slog.String("_x", "1"), slog.String("7up", "2"), slog.String("priority", "9"), slog.String("été", "3"),
		slog.Group("http", slog.Duration("took", time.Second), slog.Bool("ok", true)), slog.Any("tags", []string{"a", "b\n"}),
		slog.Any("none", nil), slog.Float64("f", 1.5), slog.Any("err", errors.New("bad")), slog.String("!!", "nothing"),
		slog.String("message_id", "x"), slog.String(strings.Repeat("k", 80), "long"))
	must(t, d.Deliver(t.Context(), batchOf(raw)))
	want := []field{
		{"MESSAGE", "two\nlines"}, {"PRIORITY", "3"}, {"SYSLOG_IDENTIFIER", "shop"}, {"SYSLOG_TIMESTAMP", "2024-01-02T15:04:05.678901234Z"},
		{"LAYER", "api"}, {"LOGGER", "orders"}, {"CORRELATION_ID", "c-1"}, {"CAUSATION_ID", "c-0"}, {"EVENT_MESSAGE_ID", "m"},
		{"TRACE_ID", "ab000000000000000000000000000000"}, {"SPAN_ID", "cd00000000000000"}, {"CODE_FILE", "/a.go"}, {"CODE_LINE", "7"}, {"CODE_FUNC", "f"},
		{"HYDRA_ID", destination.IdempotencyKey(&batchOf(raw).Items[0])},
		{"ORDER_ID", "5"}, {"X", "1"}, {"ATTR_7UP", "2"}, {"ATTR_PRIORITY", "9"}, {"T_", "3"},
		{"HTTP_TOOK", "1s"}, {"HTTP_OK", "true"}, {"TAGS", "a"}, {"TAGS", "b\n"}, {"NONE", "null"}, {"F", "1.5"}, {"ERR", "bad"},
		{"ATTR_MESSAGE_ID", "x"}, {strings.Repeat("K", 64), "long"},
	}
	got := j.entries()
	if len(got) != 1 {
		t.Fatalf("%d entries", len(got))
	}
	for i := range max(len(got[0]), len(want)) {
		var g, w field
		if i < len(got[0]) {
			g = got[0][i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("field %d: %q, want %q", i, g, w)
		}
	}
}

func TestALargeEntryGoesInASealedFile(t *testing.T) {
	j := newJournald(t)
	d, err := New(Options{Path: j.path})
	must(t, err)
	defer d.Close(context.Background())
	large := strings.Repeat("line\n", 50_000)
	must(t, d.Deliver(t.Context(), batchOf(encoded(record.Header{Message: "a"}), encoded(record.Header{Message: large}), encoded(record.Header{Message: "b"}))))
	if got := string(j.messages()); got != "a\n"+large+"\nb\n" || j.file != 1 {
		t.Errorf("%d bytes, %d in a file", len(got), j.file)
	}
}

func TestARecordThatCannotBeReadIsRejectedAlone(t *testing.T) {
	j := newJournald(t)
	d, err := New(Options{Path: j.path})
	must(t, err)
	defer d.Close(context.Background())
	err = d.Deliver(t.Context(), batchOf(encoded(record.Header{Message: "a"}), []byte("nonsense"), encoded(record.Header{Message: "b"})))
	if o := destination.OutcomeOf(err); o.Kind != destination.Partly || len(o.Items) != 1 || o.Items[0].Index != 1 {
		t.Errorf("%v: %+v", err, o)
	}
	if got := string(j.messages()); got != "a\nb\n" {
		t.Errorf("%q", got)
	}
}

func TestAMissingJournaldIsRetriedAndNamed(t *testing.T) {
	d, err := New(Options{Path: filepath.Join(t.TempDir(), "none")})
	must(t, err)
	err = d.Deliver(t.Context(), batchOf(encoded(record.Header{})))
	if destination.OutcomeOf(err).Kind != destination.Retrying || !strings.Contains(err.Error(), "none") {
		t.Errorf("%v", err)
	}
}

func TestPrioritiesAreThoseOfSyslog(t *testing.T) {
	for l, want := range map[slog.Level]string{-8: "7", -4: "7", -1: "7", 0: "6", 1: "5", 3: "5", 4: "4", 7: "4", 8: "3", 12: "2", 99: "2"} {
		if got := priority(l); got != want {
			t.Errorf("level %d: %s, want %s", l, got, want)
		}
	}
}

func FuzzAnyRecordIsAnEntry(f *testing.F) {
	f.Add("message", "key", "value")
	f.Add("a\nb", "_ _9", "\x00\n")
	f.Add("", "", "=")
	f.Fuzz(func(t *testing.T, message, key, value string) {
		var v record.View
		raw := encoded(record.Header{Message: message}, slog.String(key, value), slog.Group(key, slog.String(key, value)))
		must(t, v.Decode(raw))
		var e entry
		e.build(&v, &destination.Item{}, v.Message, "id")
		fields, err := parseEntry(e.buf)
		if err != nil || fields[0].value != v.Message {
			t.Errorf("%v: %q", err, e.buf)
		}
	})
}
