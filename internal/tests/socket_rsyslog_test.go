//go:build linux

package tests

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/dial"
	"github.com/hydra-logger/hydra/destination/socketdest"
	"github.com/hydra-logger/hydra/destination/syslogdest"
	"github.com/hydra-logger/hydra/internal/faultproxy"
)

// rsyslog is rsyslogd of Debian, which writes what it receives into a file, one line of JSON a record.
type rsyslog struct {
	t    *testing.T
	dir  string
	port int // TCP and UDP
	p    *process
}

const rsyslogConf = `
global(workDirectory="DIR" parser.escapeControlCharactersOnReceive="off" maxMessageSize="64k" TLSFILES)
main_queue(queue.size="200000" queue.timeoutShutdown="10000")
module(load="imtcp" MODULE)
module(load="imudp")
module(load="imuxsock" SysSock.Use="off")
template(name="j" type="list") {
  constant(value="{") property(outname="host" name="hostname" format="jsonf")
  constant(value=",") property(outname="app" name="app-name" format="jsonf")
  constant(value=",") property(outname="pri" name="pri" format="jsonf")
  constant(value=",") property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  constant(value=",") property(outname="msg" name="msg" format="jsonf") constant(value="}\n")
}
ruleset(name="r") { action(type="omfile" file="DIR/out" template="j") }
input(type="imtcp" address="127.0.0.1" port="PORT" ruleset="r")
input(type="imudp" address="127.0.0.1" port="PORT" ruleset="r" rcvbufSize="4m")
input(type="imuxsock" Socket="DIR/log" RuleSet="r" UseSysTimeStamp="off" UseSpecialParser="off" RateLimit.Interval="0")
`

func newRsyslog(t *testing.T, module, tlsFiles string) *rsyslog {
	t.Helper()
	r := &rsyslog{t: t, dir: t.TempDir(), port: freePort(t)}
	conf := strings.NewReplacer("DIR", r.dir, "PORT", fmt.Sprint(r.port), "MODULE", module, "TLSFILES", tlsFiles).Replace(rsyslogConf)
	if err := os.WriteFile(filepath.Join(r.dir, "conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	r.start()
	return r
}

func (r *rsyslog) start() {
	r.t.Helper()
	_ = os.Remove(filepath.Join(r.dir, "pid"))
	r.p = startProcess(r.t, filepath.Join(r.dir, "output"), needs(r.t, "/usr/sbin/rsyslogd", "rsyslog"),
		"-n", "-f", filepath.Join(r.dir, "conf"), "-i", filepath.Join(r.dir, "pid"))
	eventually(r.t, "rsyslogd listens", func() bool {
		c, err := net.Dial("tcp", r.address())
		if err != nil {
			return false
		}
		_ = c.Close()
		return true
	})
}

func (r *rsyslog) address() string { return fmt.Sprintf("127.0.0.1:%d", r.port) }

func (r *rsyslog) text() string {
	data, _ := os.ReadFile(filepath.Join(r.dir, "out"))
	return string(data)
}

// await waits for n records, and returns how often each has come.
func (r *rsyslog) await(n int) map[int]int {
	r.t.Helper()
	for end := time.Now().Add(20 * time.Second); len(numbers(r.t, r.text())) < n && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	return numbers(r.t, r.text())
}

func newSyslog(t *testing.T, o syslogdest.Options) destination.Driver {
	t.Helper()
	d, err := syslogdest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

func TestRsyslogTakesEveryFraming(t *testing.T) {
	const n = 500
	for _, c := range []struct {
		name string
		o    syslogdest.Options
		text func(int) string
		line string // of record 7, as rsyslogd has understood it
	}{
		{"tcp, octet counting", syslogdest.Options{Transport: syslogdest.TCP}, rfc5424, `"msg":"order taken\nfor n=7"`},
		{"tcp, newline", syslogdest.Options{Transport: syslogdest.TCP, Framing: socketdest.FramingNewline}, rfc5424, `"msg":"order taken\\nfor n=7"`},
		{"tcp, RFC 3164", syslogdest.Options{Transport: syslogdest.TCP}, rfc3164, `"msg":" order taken for n=7"`},
		{"udp", syslogdest.Options{Rate: 5000}, rfc5424, `"msg":"order taken\nfor n=7"`},
		{"udp, RFC 3164", syslogdest.Options{Rate: 5000}, rfc3164, `"msg":" order taken for n=7"`},
		{"unixgram", syslogdest.Options{Transport: syslogdest.Unixgram}, rfc5424, `"msg":"order taken\nfor n=7"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRsyslog(t, "", "")
			c.o.Address = r.address()
			if c.o.Transport == syslogdest.Unixgram {
				c.o.Address = filepath.Join(r.dir, "log")
			}
			d := newSyslog(t, c.o)
			insist(t, d, socketBatch(0, n, c.text))
			if again := wantNumbers(t, r.await(n), n); again != 0 {
				t.Errorf("%d came more than once", again)
			}
			if text := r.text(); !strings.Contains(text, c.line) || !strings.Contains(text, `"app":"shop"`) || !strings.Contains(text, `"pri":"14"`) {
				t.Errorf("not understood as it was meant: %.300s", text)
			}
		})
	}
}

// testCertificate makes a certificate for 127.0.0.1 that signs itself.
func testCertificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, about, about, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", secret)
}

func TestRsyslogTakesRecordsOverTLS(t *testing.T) {
	needs(t, "/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so", "rsyslog-gnutls")
	cert, key := testCertificate(t)
	r := newRsyslog(t, `StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"`, fmt.Sprintf(
		`defaultNetstreamDriverCAFile=%q defaultNetstreamDriverCertFile=%q defaultNetstreamDriverKeyFile=%q`, cert, cert, key))
	const n = 5000
	d := newSyslog(t, syslogdest.Options{Transport: syslogdest.TLS, Address: r.address(), TLS: &dial.TLS{CA: cert}})
	for i := range 10 {
		insist(t, d, socketBatch(i*n/10, n/10, rfc5424))
	}
	wantNumbers(t, r.await(n), n)

	other, _ := testCertificate(t)
	for what, o := range map[string]*dial.TLS{"another authority": {CA: other}, "another name": {CA: cert, ServerName: "elsewhere"}, "the system's": nil} {
		d := newSyslog(t, syslogdest.Options{Transport: syslogdest.TLS, Address: r.address(), TLS: o})
		err := d.Deliver(t.Context(), socketBatch(n, 1, rfc5424))
		if err == nil || !strings.Contains(err.Error(), "certificate") || destination.OutcomeOf(err).Kind != destination.Retrying {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestARestartOfRsyslogLosesNothing(t *testing.T) {
	r := newRsyslog(t, "", "")
	d := newSyslog(t, syslogdest.Options{Transport: syslogdest.TCP, Address: r.address()})
	const n, size = 100_000, 1000
	restarted := make(chan struct{})
	for i := range n / size {
		if i == 40 {
			go func() {
				defer close(restarted)
				r.p.stop(syscall.SIGTERM)
				r.start()
			}()
		}
		insist(t, d, socketBatch(i*size, size, rfc5424))
	}
	<-restarted
	wantNumbers(t, r.await(n), n)
}

func TestFaultsBetweenUsAndRsyslogLoseNothing(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault faultproxy.Fault
		fails bool // deliveries fail while it lasts
	}{
		{"refused", faultproxy.Fault{Refuse: true}, true},
		{"accepted and hung", faultproxy.Fault{Hang: true}, false},
		{"black hole", faultproxy.Fault{BlackHole: true}, false},
		{"cut after some bytes", faultproxy.Fault{CutRequest: 10_000}, false},
		{"slow", faultproxy.Fault{Latency: 5 * time.Millisecond}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRsyslog(t, "", "")
			proxy := faultproxy.Start(t, r.address())
			d := newSyslog(t, syslogdest.Options{Transport: syslogdest.TCP, Address: proxy.Addr(), Timeout: time.Second})
			insist(t, d, socketBatch(0, 1000, rfc5424))
			proxy.Set(c.fault)
			if c.fault.Refuse {
				proxy.Reset()
			}
			failed := 0
			b := socketBatch(1000, 1000, rfc5424)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			if d.Deliver(ctx, b) != nil {
				failed = 1
				_ = d.Deliver(ctx, b)
			}
			cancel()
			if c.fails && failed == 0 {
				t.Error("a delivery did not fail")
			}
			if c.name == "accepted and hung" {
				proxy.Reset()
			}
			proxy.Set(faultproxy.Fault{})
			if failed == 1 {
				insist(t, d, b)
			}
			for i := 2; i < 6; i++ {
				insist(t, d, socketBatch(i*1000, 1000, rfc5424))
			}
			wantNumbers(t, r.await(6000), 6000)
		})
	}
}
