//go:build unix

package amqpdest_test

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
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// patience is how long a server may take to start on a busy machine.
const patience = 90 * time.Second

// largest is the size of a message that the server takes, in bytes.
const largest = 4_000_000

// server is a real rabbitmq-server, with TLS beside the plain port.
type server struct {
	dir         string
	port, tls   string
	environment []string
	cmd         *exec.Cmd
}

func (s *server) address() string { return "127.0.0.1:" + s.port }
func (s *server) ca() string      { return filepath.Join(s.dir, "cert.pem") }

// bin is where Debian has the programs; those in the PATH change the user.
const bin = "/usr/lib/rabbitmq/bin/"

func start(t *testing.T) *server {
	t.Helper()
	if _, err := os.Stat(bin + "rabbitmq-server"); err != nil {
		t.Skip("rabbitmq-server is not installed (Debian: rabbitmq-server)")
	}
	s := &server{dir: t.TempDir(), port: free(t), tls: free(t)}
	certificate(t, s.dir)
	s.write(t, "rabbitmq.conf", fmt.Sprintf(`listeners.tcp.1 = 127.0.0.1:%s
listeners.ssl.1 = 127.0.0.1:%s
ssl_options.cacertfile = %[3]s/cert.pem
ssl_options.certfile = %[3]s/cert.pem
ssl_options.keyfile = %[3]s/key.pem
default_user = logger
default_pass = s3cret
max_message_size = %d
vm_memory_high_watermark.relative = 0.9
disk_free_limit.absolute = 1MB
`, s.port, s.tls, s.dir, largest))
	s.write(t, "enabled_plugins", "[].")
	s.write(t, ".erlang.cookie", "HYDRATEST")
	epmd := free(t)
	s.environment = append(os.Environ(), "HOME="+s.dir, "RABBITMQ_NODENAME=hydra"+s.port+"@localhost", "RABBITMQ_DIST_PORT="+free(t),
		"ERL_EPMD_PORT="+epmd, "ERL_EPMD_ADDRESS=127.0.0.1", "RABBITMQ_MNESIA_BASE="+s.dir, "RABBITMQ_LOG_BASE="+s.dir,
		"RABBITMQ_ENABLED_PLUGINS_FILE="+filepath.Join(s.dir, "enabled_plugins"), "RABBITMQ_PID_FILE="+filepath.Join(s.dir, "pid"),
		"RABBITMQ_CONFIG_FILE="+filepath.Join(s.dir, "rabbitmq.conf"), "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+sbwt none +sbwtdcpu none +sbwtdio none")
	t.Cleanup(func() {
		s.kill()
		for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(50 * time.Millisecond) {
			if s.command("epmd", "-port", epmd, "-kill").Run() == nil { // the daemon that Erlang leaves behind
				return
			}
		}
		t.Error("epmd goes on")
	})
	s.run(t)
	return s
}

// run starts the server, or starts it again with the files it has.
func (s *server) run(t *testing.T) {
	t.Helper()
	s.cmd = s.command(bin + "rabbitmq-server")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that kill ends all that it has started
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		c, err := amqp.Dial("amqp://logger:s3cret@" + s.address() + "/")
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(late) {
			t.Fatalf("rabbitmq-server does not start: %v\n%s", err, s.logTail())
		}
	}
}

// logTail is the end of what the server says.
func (s *server) logTail() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "hydra"+s.port+"@localhost.log"))
	return string(text[max(0, len(text)-4000):])
}

// kill is the kernel's: nothing is put away.
func (s *server) kill() {
	if s.cmd != nil {
		_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

func (s *server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = s.environment
	return cmd
}

func (s *server) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// channel is the test's own connection.
func (s *server) channel(t *testing.T) *amqp.Channel {
	t.Helper()
	c, err := amqp.Dial("amqp://logger:s3cret@" + s.address() + "/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	ch, err := c.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// queue declares a durable queue.
func queue(t *testing.T, ch *amqp.Channel, name string, args amqp.Table) {
	t.Helper()
	if _, err := ch.QueueDeclare(name, true, false, false, false, args); err != nil {
		t.Fatal(err)
	}
}

// messages takes all that is in a queue.
func messages(t *testing.T, ch *amqp.Channel, name string, each func(m *amqp.Delivery)) {
	t.Helper()
	q, err := ch.QueueDeclarePassive(name, true, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*patience)
	defer cancel()
	all, err := ch.ConsumeWithContext(ctx, name, "reader", true, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range q.Messages {
		m, ok := <-all
		if !ok {
			t.Fatalf("%d of %d messages came", n, q.Messages)
		}
		each(&m)
	}
	if err := ch.Cancel("reader", false); err != nil {
		t.Fatal(err)
	}
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// certificate writes cert.pem and key.pem for localhost.
func certificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
