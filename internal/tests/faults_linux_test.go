package tests

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/internal/faultproxy"
)

// faultPart is how many records are logged at each fault; a batch holds no more of them.
const faultPart = 100

const (
	streamResend = 128 << 10 // bytes
	leastRecord  = 200       // bytes
)

// wayRun is a logger, its server, and the broken network between them.
type wayRun struct {
	way    *way
	server *anyServer
	proxy  *faultproxy.Proxy
	log    *hydra.Logger
	logged int
	most   int // duplicates that the faults so far explain
}

func startWay(t *testing.T, w *way, present func() *tls.Config, ca string) *wayRun {
	t.Helper()
	r := &wayRun{way: w, server: startAny(t, w.protocol, present)}
	r.server.answersWith(w.answer)
	r.proxy = faultproxy.Start(t, r.server.addr)
	host, port, _ := net.SplitHostPort(r.proxy.Addr())
	config := w.plain(host, port)
	if present != nil {
		config = w.overTLS(host, port, ca)
	}
	r.log = openHTTP(t, t.TempDir(), config)
	return r
}

func (r *wayRun) logSome() {
	logOrderNumbers(r.log, r.logged, faultPart)
	r.logged += faultPart
}

func (r *wayRun) retries() uint64 { return r.log.Health().Destinations[0].Retries }

// fails logs under a fault, and waits until deliveries have failed.
func (r *wayRun) fails(t *testing.T, what string, times uint64) {
	t.Helper()
	before := r.retries()
	r.logSome()
	waitFor(t, what+": a delivery fails", func() bool { return r.retries() >= before+times })
}

// arrived heals the network, and checks that all is there, and no more often than what was under way explains.
func (r *wayRun) arrived(t *testing.T, what string) {
	t.Helper()
	r.proxy.Set(faultproxy.Fault{})
	mustFlushIn(t, r.log, what)
	waitFor(t, what+": all is there", func() bool { n, _ := r.server.count(); return n >= r.logged })
	n, again := r.server.count()
	// net/http repeats a request that has an Idempotency-Key once more by itself, when a kept connection ends under it. A stream without
	// acknowledgements begins each connection with what it sent last.
	r.most = 2 * (int(r.retries()) + 1) * faultPart
	if r.way.stream() {
		r.most = r.proxy.Accepted() * streamResend / leastRecord
	}
	if n != r.logged || again > r.most {
		t.Errorf("%s: %d records of %d, %d more than once after %d retries", what, n, r.logged, again, r.retries())
	}
}

func mustFlushIn(t *testing.T, log *hydra.Logger, what string) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- log.Flush(t.Context()) }()
	select {
	case err := <-done:
		if err != nil {
			t.Fatalf("%s: Flush: %v", what, err)
		}
	case <-time.After(40 * time.Second):
		t.Fatalf("%s: not delivered: %+v", what, log.Health().Destinations[0])
	}
}

// networkBreaks are the ways in which networks fail. Those that need a time limit to be seen take theirs.
var networkBreaks = []struct {
	name   string
	fault  faultproxy.Fault
	unseen bool // by one who is answered nothing
	slow   bool
}{
	{name: "refused", fault: faultproxy.Fault{Refuse: true}},
	{name: "cut after 300 bytes", fault: faultproxy.Fault{CutRequest: 300}},
	{name: "cut after 2000 bytes", fault: faultproxy.Fault{CutRequest: 2000}},
	{name: "reset within the answer", fault: faultproxy.Fault{CutResponse: 10}, unseen: true},
	{name: "half closed", fault: faultproxy.Fault{HalfClose: true}, unseen: true},
	{name: "accepts and hangs", fault: faultproxy.Fault{Hang: true}, unseen: true, slow: true},
	{name: "black hole", fault: faultproxy.Fault{BlackHole: true}, unseen: true, slow: true},
	{name: "the answers are lost", fault: faultproxy.Fault{Silent: true}, unseen: true, slow: true},
}

func TestNoDestinationLosesARecordWhateverTheNetworkDoes(t *testing.T) {
	for i := range ways {
		w := &ways[i]
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			r := startWay(t, w, nil, "")
			r.logSome()
			r.arrived(t, "before")
			for _, b := range networkBreaks {
				if b.unseen && w.stream() || b.slow && !full() && w.name != "network_http" {
					continue
				}
				r.proxy.Set(b.fault)
				r.proxy.Reset()
				if b.fault.CutRequest > 0 && w.stream() {
					r.logSome() // it is sent, and cut: nothing tells, until the next is to be sent
					time.Sleep(50 * time.Millisecond)
					r.logSome()
				} else {
					r.fails(t, b.name, 1)
				}
				r.arrived(t, b.name)
			}
			closeAll(t, r.log)
			balanced(t, r.log, uint64(r.logged), 0)
		})
	}
}

// badAnswers are what servers say in place of taking a batch; each says it twice.
var badAnswers = []struct {
	name   string
	answer func(w http.ResponseWriter)
	least  time.Duration // that must pass
}{
	{name: "500", answer: func(w http.ResponseWriter) { w.WriteHeader(500) }},
	{name: "503 with a page", answer: func(w http.ResponseWriter) { http.Error(w, "<html>back soon</html>", http.StatusServiceUnavailable) }},
	{name: "401", answer: func(w http.ResponseWriter) { w.WriteHeader(401) }},
	{name: "404", answer: func(w http.ResponseWriter) { w.WriteHeader(404) }},
	{name: "429 with Retry-After", least: time.Second, answer: func(w http.ResponseWriter) { w.Header().Set("Retry-After", "1"); w.WriteHeader(429) }},
	{name: "an answer that breaks off", answer: func(w http.ResponseWriter) { w.Header().Set("Content-Length", "100"); w.WriteHeader(200) }},
}

func TestNoDestinationOverHTTPLosesARecordWhateverTheServerAnswers(t *testing.T) {
	for i := range ways {
		w := &ways[i]
		if w.stream() || w.name == "network_ws" {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			r := startWay(t, w, nil, "")
			for _, bad := range badAnswers {
				var left atomic.Int32
				left.Store(2)
				r.server.intercept(func(w http.ResponseWriter, _ []byte) bool {
					if left.Add(-1) < 0 {
						return false
					}
					bad.answer(w)
					return true
				})
				began := time.Now()
				r.fails(t, bad.name, 2)
				r.arrived(t, bad.name)
				if took := time.Since(began); took < 2*bad.least {
					t.Errorf("%s: all was delivered after %v", bad.name, took)
				}
			}
			takesOnlySmall(t, r)
			findsThePoison(t, r)
			partlyTaken(t, r)
		})
	}
}

// takesOnlySmall: 413 for more than ten records.
func takesOnlySmall(t *testing.T, r *wayRun) {
	t.Helper()
	r.server.intercept(func(w http.ResponseWriter, body []byte) bool {
		if len(orderNumber.FindAll(body, 20)) <= 10 {
			return false
		}
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return true
	})
	r.logSome()
	r.arrived(t, "413")
	if d := r.log.Health().Destinations[0]; d.Ledger.DeadLettered != 0 {
		t.Errorf("413: %d dead letters", d.Ledger.DeadLettered)
	}
}

// findsThePoison: 400 for whatever holds one record in the middle of a thousand.
func findsThePoison(t *testing.T, r *wayRun) {
	t.Helper()
	poison := r.logged + 500
	text := fmt.Appendf(nil, "n=%d;", poison)
	r.server.intercept(func(w http.ResponseWriter, body []byte) bool {
		if !bytes.Contains(body, text) {
			return false
		}
		w.WriteHeader(http.StatusBadRequest)
		return true
	})
	logOrderNumbers(r.log, r.logged, 1000)
	mustFlushIn(t, r.log, "poison")
	r.logged += 1000
	n, again := r.server.count()
	r.server.mu.Lock()
	there := r.server.seen[poison] != nil
	r.server.mu.Unlock()
	if d := r.log.Health().Destinations[0]; n != r.logged-1 || there || d.Ledger.DeadLettered != 1 || d.Ledger.Difference() != 0 || again > r.most {
		t.Errorf("poison: %d of %d are there, %d more than once, the poison %v, %+v", n, r.logged, again, there, d.Ledger)
	}
}

// partlyTaken ends a run with an answer that rejects one record, asks to try another again, and has taken the others.
func partlyTaken(t *testing.T, r *wayRun) {
	t.Helper()
	r.server.intercept(nil)
	rejected := 1
	if r.way.name == "elasticsearch" {
		rejected++
		answerPartly(r)
		logOrderNumbers(r.log, r.logged, 1000)
		mustFlushIn(t, r.log, "partly taken")
		r.logged += 1000
		if n, again := r.server.count(); n != r.logged-rejected || again > r.most {
			t.Errorf("partly taken: %d of %d are there, %d more than once", n, r.logged, again)
		}
	}
	closeAll(t, r.log)
	balanced(t, r.log, uint64(r.logged-rejected), uint64(rejected))
}

// answerPartly answers the requests to come record by record: the first with a number that ends with 500 is rejected, the first that ends
// with 700 is busy once.
func answerPartly(r *wayRun) {
	var wasBusy atomic.Bool
	r.server.intercept(func(w http.ResponseWriter, body []byte) bool {
		items, rest := []string{}, body
		var taken []byte
		for line := range bytes.Lines(rest) {
			if !orderNumber.Match(line) {
				taken = append(taken, line...)
				continue
			}
			switch {
			case bytes.Contains(line, []byte("500;")):
				items = append(items, `{"create":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"no"}}}`)
				taken = cutLastLine(taken)
			case bytes.Contains(line, []byte("700;")) && wasBusy.CompareAndSwap(false, true):
				items = append(items, `{"create":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"busy"}}}`)
				taken = cutLastLine(taken)
			default:
				items = append(items, `{"create":{"status":201}}`)
				taken = append(taken, line...)
			}
		}
		r.server.take(taken)
		fmt.Fprintf(w, `{"errors":true,"items":[%s]}`, strings.Join(items, ","))
		return true
	})
}

// cutLastLine removes the action that belongs to a document.
func cutLastLine(text []byte) []byte {
	text = bytes.TrimSuffix(text, []byte("\n"))
	return text[:bytes.LastIndexByte(text, '\n')+1]
}

// certificateFor makes a certificate for an address that signs itself, and returns it as PEM too.
func certificateFor(t *testing.T, ip net.IP, until time.Time) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: ip.String()}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{ip}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// TestNoDestinationSendsARecordOverTLSToWhomItDoesNotKnowAndAllArriveOnceTheServerIsRight also cuts connections within and behind the handshake.
func TestNoDestinationSendsARecordOverTLSToWhomItDoesNotKnowAndAllArriveOnceTheServerIsRight(t *testing.T) {
	here, soon := net.IPv4(127, 0, 0, 1), time.Now().Add(time.Hour)
	right, rightPEM := certificateFor(t, here, soon)
	expired, expiredPEM := certificateFor(t, here, time.Now().Add(-time.Hour))
	elsewhere, elsewherePEM := certificateFor(t, net.IPv4(127, 0, 0, 2), soon)
	unknown, _ := certificateFor(t, here, soon)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, bytes.Join([][]byte{rightPEM, expiredPEM, elsewherePEM}, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	conf := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	for i := range ways {
		w := &ways[i]
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			var present atomic.Pointer[tls.Config]
			present.Store(conf(right))
			r := startWay(t, w, present.Load, ca)
			r.logSome()
			r.arrived(t, "before")
			for _, bad := range []struct {
				name, why string
				conf      *tls.Config
			}{
				{"of an unknown authority", "unknown authority", conf(unknown)},
				{"expired", "expired", conf(expired)},
				{"of another name", "valid for 127.0.0.2", conf(elsewhere)},
				{"of another version", "protocol version", &tls.Config{Certificates: []tls.Certificate{right}, MaxVersion: tls.VersionTLS11}},
				{"no TLS at all", "", nil},
			} {
				present.Store(bad.conf)
				r.proxy.Reset()
				got, _ := r.server.count()
				r.fails(t, bad.name, 2)
				waitFor(t, bad.name+": health says so", func() bool { return strings.Contains(r.log.Health().Destinations[0].LastError, bad.why) })
				d := r.log.Health().Destinations[0]
				if n, _ := r.server.count(); n != got || d.Ledger.Pending != faultPart {
					t.Errorf("%s: %d records have gone there; %d pending; health says %q", bad.name, n-got, d.Ledger.Pending, d.LastError)
				}
				present.Store(conf(right))
				r.proxy.Reset()
				r.arrived(t, bad.name)
			}
			for _, cut := range []faultproxy.Fault{{CutRequest: 100}, {CutResponse: 100}, {CutRequest: 3000}} {
				r.proxy.Set(cut)
				r.proxy.Reset()
				if cut.CutRequest == 3000 && w.stream() {
					r.logSome()
				} else {
					r.fails(t, "cut", 1)
				}
				r.arrived(t, fmt.Sprintf("cut at %d and %d", cut.CutRequest, cut.CutResponse))
			}
			closeAll(t, r.log)
			balanced(t, r.log, uint64(r.logged), 0)
		})
	}
}
