//go:build unix

package hops

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"
)

// rabbit runs a real RabbitMQ.
func rabbit(t *testing.T) (address string) {
	t.Helper()
	const path = "/usr/lib/rabbitmq/bin/rabbitmq-server" // the one in the PATH changes the user
	if _, err := os.Stat(path); err != nil {
		t.Skip("rabbitmq-server is not installed (Debian: rabbitmq-server)")
	}
	dir, port, epmd := t.TempDir(), free(t), free(t)
	for name, text := range map[string]string{"enabled_plugins": "[].", ".erlang.cookie": "HYDRATEST"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), "HOME="+dir, "RABBITMQ_NODENAME=hops"+port+"@localhost", "RABBITMQ_NODE_IP_ADDRESS=127.0.0.1", "RABBITMQ_NODE_PORT="+port,
		"RABBITMQ_DIST_PORT="+free(t), "ERL_EPMD_PORT="+epmd, "ERL_EPMD_ADDRESS=127.0.0.1", "RABBITMQ_MNESIA_BASE="+dir, "RABBITMQ_LOG_BASE="+dir,
		"RABBITMQ_ENABLED_PLUGINS_FILE="+filepath.Join(dir, "enabled_plugins"), "RABBITMQ_PID_FILE="+filepath.Join(dir, "pid"),
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+sbwt none +sbwtdcpu none +sbwtdio none")
	run(t, cmd)
	t.Cleanup(func() {
		kill(cmd)
		for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(50 * time.Millisecond) {
			if exec.Command("epmd", "-port", epmd, "-kill").Run() == nil { // the daemon that Erlang leaves behind
				return
			}
		}
		t.Error("epmd goes on")
	})
	address = "127.0.0.1:" + port
	until(t, "rabbitmq-server", func() bool {
		c, err := amqp091.Dial("amqp://guest:guest@" + address + "/")
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return address
}

// redisServer runs a real Redis.
func redisServer(t *testing.T) (address string) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed (Debian: redis-server)")
	}
	port := free(t)
	cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--loglevel", "warning")
	run(t, cmd)
	t.Cleanup(func() { kill(cmd) })
	address = "127.0.0.1:" + port
	until(t, "redis-server", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return address
}

// run starts a program in a process group of its own, so that kill ends all that it has started.
func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

func kill(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait()
}

func until(t *testing.T, what string, ready func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); !ready(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal(what + " does not start")
		}
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
