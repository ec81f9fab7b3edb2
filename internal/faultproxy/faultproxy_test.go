package faultproxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// echo is a server that sends back what it gets.
func echo(t *testing.T, network, addr string) string {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c}); _ = c.Close() }() // without the pipes that the runtime keeps for splice
		}
	}()
	return l.Addr().String()
}

func setup(t *testing.T) *Proxy { return Start(t, echo(t, "tcp", "127.0.0.1:0")) }

func dial(t *testing.T, p *Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

// works reports whether a new connection does; one that is reset at once may fail as early as dialling.
func works(p *Proxy) bool {
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		return false
	}
	defer c.Close()
	_, err = exchange(c, "hello")
	return err == nil
}

// exchange sends text and reads as much.
func exchange(c net.Conn, text string) (string, error) {
	if _, err := io.WriteString(c, text); err != nil {
		return "", err
	}
	buf := make([]byte, len(text))
	n, err := io.ReadFull(c, buf)
	return string(buf[:n]), err
}

func mustEcho(t *testing.T, c net.Conn) {
	t.Helper()
	if got, err := exchange(c, "hello"); err != nil || got != "hello" {
		t.Fatalf("echo %q, %v", got, err)
	}
}

// silent reports that nothing comes within a moment.
func silent(t *testing.T, c net.Conn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	var b [1]byte
	if n, err := c.Read(b[:]); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%d bytes and %v have come", n, err)
	}
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
}

func TestWithoutAFaultBytesPassBothWaysAndEndsPassToo(t *testing.T) {
	p := setup(t)
	c := dial(t, p)
	big := bytes.Repeat([]byte("x"), 1<<20)
	go func() { _, _ = c.Write(big); _ = c.(*net.TCPConn).CloseWrite() }()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, big) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if p.Accepted() != 1 || p.Sent() != 1<<20 || p.Received() != 1<<20 {
		t.Errorf("%d connections, %d and %d bytes", p.Accepted(), p.Sent(), p.Received())
	}
}

func TestATargetMayBeAUnixSocket(t *testing.T) {
	p := Start(t, echo(t, "unix", filepath.Join(t.TempDir(), "s")))
	mustEcho(t, dial(t, p))
}

func TestARefusedConnectionIsReset(t *testing.T) {
	p := setup(t)
	p.Set(Fault{Refuse: true})
	if works(p) {
		t.Error("the connection works")
	}
	p.Set(Fault{})
	mustEcho(t, dial(t, p))
}

func TestATargetThatIsGoneIsAReset(t *testing.T) {
	p := Start(t, filepath.Join(t.TempDir(), "nothing"))
	if works(p) {
		t.Error("the connection works")
	}
}

func TestAHangGoesOnWhereItStopped(t *testing.T) {
	p := setup(t)
	old := dial(t, p)
	mustEcho(t, old)
	p.Set(Fault{Hang: true})
	fresh := dial(t, p)
	for _, c := range []net.Conn{old, fresh} {
		if _, err := io.WriteString(c, "later"); err != nil {
			t.Fatal(err)
		}
		silent(t, c)
	}
	p.Set(Fault{})
	for _, c := range []net.Conn{old, fresh} {
		buf := make([]byte, 5)
		if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "later" {
			t.Errorf("%q, %v", buf, err)
		}
	}
}

func TestABlackHoleTakesEverythingAndIsAResetWhenItEnds(t *testing.T) {
	for _, f := range []Fault{{BlackHole: true}, {Silent: true}} {
		p := setup(t)
		c := dial(t, p)
		mustEcho(t, c)
		sent := p.Sent()
		p.Set(f)
		if _, err := c.Write(make([]byte, 4<<20)); err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		silent(t, c)
		if forwarded := p.Sent() > sent; forwarded != f.Silent {
			t.Errorf("%+v: forwarded is %v", f, forwarded)
		}
		p.Set(Fault{})
		if _, err := exchange(c, "hello"); err == nil {
			t.Errorf("%+v: the connection goes on", f)
		}
		mustEcho(t, dial(t, p))
	}
}

func TestACutPassesJustSoManyBytes(t *testing.T) {
	p := setup(t)
	p.Set(Fault{CutResponse: 3})
	if got, err := exchange(dial(t, p), "hello"); got != "hel" || err == nil {
		t.Errorf("of the response %q, %v", got, err)
	}
	p.Set(Fault{CutRequest: 2})
	if got, err := exchange(dial(t, p), "hello"); len(got) > 2 || err == nil {
		t.Errorf("of the request %q, %v", got, err)
	}
	p.Set(Fault{CutResponse: 3, HalfClose: true})
	if got, err := exchange(dial(t, p), "hello"); got != "hel" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half closed: %q, %v", got, err)
	}
	p.Set(Fault{HalfClose: true})
	if got, err := exchange(dial(t, p), "hello"); got != "" || !errors.Is(err, io.EOF) {
		t.Errorf("half closed at once: %q, %v", got, err)
	}
}

func TestAFaultMayMeetOnlyTheFirstConnections(t *testing.T) {
	p := setup(t)
	p.Set(Fault{CutResponse: 1, Connections: 2})
	for i := range 4 {
		_, err := exchange(dial(t, p), "hello")
		if cut := err != nil; cut != (i < 2) {
			t.Errorf("connection %d: %v", i, err)
		}
	}
}

func TestLatencyDelays(t *testing.T) {
	p := setup(t)
	p.Set(Fault{Latency: 30 * time.Millisecond})
	began := time.Now()
	mustEcho(t, dial(t, p))
	if took := time.Since(began); took < 60*time.Millisecond {
		t.Errorf("there and back took %v", took)
	}
}

func TestResetEndsWhatIsOpen(t *testing.T) {
	p := setup(t)
	c := dial(t, p)
	mustEcho(t, c)
	p.Reset()
	if _, err := exchange(c, "hello"); err == nil {
		t.Error("the connection goes on")
	}
	mustEcho(t, dial(t, p))
}
