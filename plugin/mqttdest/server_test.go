package mqttdest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/hydra-logger/hydra/destination/destinationtest"
)

const patience = 30 * time.Second

// broker is a real one, in this process, that remembers what it has taken.
type broker struct {
	server  *mqtt.Server
	address string
	store   *store
}

// store is a hook of the server. It outlives a server that is restarted.
type store struct {
	mqtt.HookBase
	mu     sync.Mutex
	all    []packets.Packet
	counts map[string]int          // of the messages with an id; where it is not nil, the messages are not kept
	refuse map[string]packets.Code // by a text in the payload
	allow  func(topic string) bool
	limit  uint32 // the Maximum Packet Size that the server says it has, 0: none
	server *mqtt.Server
}

func newStore() *store { return &store{refuse: map[string]packets.Code{}} }

// ID implements mqtt.Hook.
func (s *store) ID() string { return "store" }

// Provides implements mqtt.Hook.
func (s *store) Provides(b byte) bool {
	return b == mqtt.OnConnectAuthenticate || b == mqtt.OnACLCheck || b == mqtt.OnPublish || b == mqtt.OnPacketEncode
}

// OnConnectAuthenticate implements mqtt.Hook.
func (s *store) OnConnectAuthenticate(_ *mqtt.Client, p packets.Packet) bool {
	return string(p.Connect.Username) == "logger" && string(p.Connect.Password) == "s3cret"
}

// OnACLCheck implements mqtt.Hook.
func (s *store) OnACLCheck(_ *mqtt.Client, topic string, _ bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.allow == nil || s.allow(topic)
}

// OnPacketEncode implements mqtt.Hook.
func (s *store) OnPacketEncode(_ *mqtt.Client, p packets.Packet) packets.Packet {
	if p.FixedHeader.Type == packets.Connack {
		p.Properties.MaximumPacketSize = s.limit
	}
	return p
}

// OnPublish implements mqtt.Hook. It is called before the server acknowledges.
func (s *store) OnPublish(c *mqtt.Client, p packets.Packet) (packets.Packet, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for text, code := range s.refuse {
		if bytes.Contains(p.Payload, []byte(text)) {
			if code == packets.ErrPacketTooLarge { // the answer is the end of the connection
				_ = s.server.DisconnectClient(c, code)
				return p, packets.ErrRejectPacket
			}
			return p, code
		}
	}
	if s.counts != nil {
		s.counts[property(p, "record_id")+" of "+property(p, "correlation_id")+" after "+property(p, "causation_id")]++
		return p, nil
	}
	s.all = append(s.all, p)
	return p, nil
}

func (s *store) set(text string, code packets.Code) (undo func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse[text] = code
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.refuse, text)
	}
}

func (s *store) messages() []packets.Packet {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

// once is what a receiver has that knows the ids: what was under way when a connection was cut may come twice.
func (s *store) once() []byte {
	var all bytes.Buffer
	seen := map[string]bool{}
	for _, p := range s.messages() {
		if id := property(p, "record_id"); !seen[id] {
			seen[id] = true
			all.Write(append(p.Payload, '\n'))
		}
	}
	return all.Bytes()
}

func (s *store) poison() (mend func()) {
	return s.set(destinationtest.Poison, packets.ErrPayloadFormatInvalid)
}

func property(p packets.Packet, key string) string {
	for _, u := range p.Properties.User {
		if u.Key == key {
			return u.Val
		}
	}
	return ""
}

// start runs a broker; an address with port 0 is a free one.
func start(t *testing.T, s *store, address string, secure *tls.Config, change ...func(*mqtt.Capabilities)) *broker {
	t.Helper()
	c := mqtt.NewDefaultServerCapabilities()
	for _, f := range change {
		f(c)
	}
	b := &broker{server: mqtt.New(&mqtt.Options{Capabilities: c, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}), store: s}
	s.server = b.server
	if err := b.server.AddHook(s, nil); err != nil {
		t.Fatal(err)
	}
	l, err := listen(address, secure)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.server.AddListener(l); err != nil {
		t.Fatal(err)
	}
	if err := b.server.Serve(); err != nil {
		t.Fatal(err)
	}
	b.address = l.Address()
	t.Cleanup(b.stop)
	return b
}

func (b *broker) stop() {
	if b.server != nil {
		_ = b.server.Close()
		b.server = nil
	}
}

// certificate makes one for localhost, and the file that says whom to trust.
func certificate(t *testing.T) (secure *tls.Config, ca string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, ca
}

func port(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }
