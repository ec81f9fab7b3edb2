package amqphydra_test

import (
	"fmt"
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

const (
	patience = 60 * time.Second
	// bin is where Debian has the programs; those in the PATH change the user.
	bin = "/usr/lib/rabbitmq/bin/"
)

// start runs a real rabbitmq-server and returns its URL, and how to kill it.
func start(t *testing.T) (url string, kill func()) {
	t.Helper()
	if os.Getenv("HYDRA_FULL") == "" {
		t.Skip("rabbitmq-server takes many seconds to start: run it with HYDRA_FULL=1")
	}
	if _, err := os.Stat(bin + "rabbitmq-server"); err != nil {
		t.Skip("rabbitmq-server is not installed (Debian: rabbitmq-server)")
	}
	dir, port, epmd := t.TempDir(), free(t), free(t)
	for name, text := range map[string]string{
		"rabbitmq.conf":   fmt.Sprintf("listeners.tcp.1 = 127.0.0.1:%s\ndisk_free_limit.absolute = 1MB\nvm_memory_high_watermark.relative = 0.9\n", port),
		"enabled_plugins": "[].", ".erlang.cookie": "HYDRATEST",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := append(os.Environ(), "HOME="+dir, "RABBITMQ_NODENAME=hydra"+port+"@localhost", "RABBITMQ_DIST_PORT="+free(t),
		"ERL_EPMD_PORT="+epmd, "ERL_EPMD_ADDRESS=127.0.0.1", "RABBITMQ_MNESIA_BASE="+dir, "RABBITMQ_LOG_BASE="+dir,
		"RABBITMQ_ENABLED_PLUGINS_FILE="+filepath.Join(dir, "enabled_plugins"), "RABBITMQ_PID_FILE="+filepath.Join(dir, "pid"),
		"RABBITMQ_CONFIG_FILE="+filepath.Join(dir, "rabbitmq.conf"), "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+sbwt none +sbwtdcpu none +sbwtdio none")
	cmd := exec.Command(bin + "rabbitmq-server")
	cmd.Env = env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that kill ends all that it has started
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	kill = func() {
		if !killed {
			killed = true
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			_ = cmd.Wait()
		}
	}
	t.Cleanup(func() {
		kill()
		for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(50 * time.Millisecond) {
			stop := exec.Command("epmd", "-port", epmd, "-kill") // the daemon that Erlang leaves behind
			stop.Env = env
			if stop.Run() == nil {
				return
			}
		}
		t.Error("epmd goes on")
	})
	url = "amqp://guest:guest@127.0.0.1:" + port + "/"
	for late := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		if c, err := amqp.Dial(url); err == nil {
			_ = c.Close()
			return url, kill
		}
		if time.Now().After(late) {
			t.Fatal("rabbitmq-server does not start")
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
