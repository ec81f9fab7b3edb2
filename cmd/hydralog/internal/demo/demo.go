// Package demo shows what Hydra-Logger is for: an order system of four services, of which one is killed with SIGKILL
// and started again. Everything that they logged is there, and one id leads through all of it.
package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/cmd/hydralog/internal/demo/count"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/term"
)

// The files of a demo, in its directory.
const (
	configName = "hydra.yaml"
	logsName   = "logs"
	envNATS    = "HYDRA_DEMO_NATS"
	envService = "HYDRA_DEMO_SERVICE"
	victim     = "payments"
)

func callsName(service string) string  { return service + ".calls" }
func healthName(service string) string { return service + ".health.json" }
func stderrName(service string) string { return service + ".stderr.txt" }

// Options are the settings of a demo.
type Options struct {
	Dir      string        // Default: a new temporary directory.
	Duration time.Duration // of all of it, about
	Service  []string      // command that runs [Service]; the directory and a name are appended
	Verify   bool          // print commands to count by hand
	Screen   *term.Screen
}

// ErrLost says that the demo failed: something that was accepted is gone.
var ErrLost = errors.New("records were lost")

// ErrInterrupted says that the context of the demo has ended before the demo.
var ErrInterrupted = errors.New("interrupted")

type demo struct {
	Options
	ctx     context.Context
	mine    bool // Dir was made for this demo
	started time.Time
	broker  *broker
	procs   map[string]*process
	calls   map[string]*callsFile
	cut     map[string]map[count.ID]bool // calls of each service that a kill cut off
	clients *clients
	killed  time.Time
}

// Run runs the demo. When ctx ends it ends the services, removes the directory if it has made it, and returns [ErrInterrupted].
func Run(ctx context.Context, o Options) error {
	d := &demo{ctx: ctx, Options: o, started: time.Now(), procs: map[string]*process{}, calls: map[string]*callsFile{}, cut: map[string]map[count.ID]bool{}}
	if err := d.prepare(); err != nil {
		return err
	}
	defer d.close()
	d.introduce()
	err := d.run()
	if ctx.Err() != nil {
		return ErrInterrupted
	}
	if err != nil {
		return d.withStderr(err)
	}
	return d.account()
}

// prepare makes the directory with the configuration and the files of calls, and starts the broker.
func (d *demo) prepare() (err error) {
	if d.Dir == "" {
		d.Dir, err = os.MkdirTemp("", "hydra-demo-")
		d.mine = err == nil
	} else if d.Dir, err = filepath.Abs(d.Dir); err == nil {
		err = os.MkdirAll(d.Dir, 0o700)
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(d.path(configName), []byte(d.config()), 0o600); err != nil {
		return err
	}
	for _, s := range services {
		d.cut[s.name] = map[count.ID]bool{}
		if err := createCalls(d.path(callsName(s.name))); err != nil {
			return err
		}
		if d.calls[s.name], err = openCalls(d.path(callsName(s.name))); err != nil {
			return err
		}
	}
	d.broker, err = startBroker(d.path("nats"))
	return err
}

// close ends what still runs.
func (d *demo) close() {
	for _, p := range d.procs {
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
	d.broker.stop()
	for _, c := range d.calls {
		_ = c.close()
	}
	if d.mine && d.ctx.Err() != nil {
		_ = os.RemoveAll(d.Dir)
	}
}

func (d *demo) path(name string) string { return filepath.Join(d.Dir, name) }

// target is the file in which a destination's records are counted; those of nats are read from the stream into one.
func (d *demo) target(service string, dest int) string {
	if dest == destNATS {
		return d.path("nats." + service + ".jsonl")
	}
	return filepath.Join(d.path(logsName), service, destNames[dest])
}

// config is the one file that all services read.
func (d *demo) config() string {
	return fmt.Sprintf(`name: ${%s}
base_log_dir: %s
close_timeout: 30s
layers:
  service:                     # what people look at
    destinations:
      - {type: file, path: app.jsonl, format: json-lines}
  events:                      # what happened; also for whoever listens on NATS
    destinations:
      - {type: file, path: events.jsonl, format: json-lines}
      - {type: nats, name: nats, url: "${%s}", format: json-lines, options: {subject: "logs.${%s}"}}
  audit:                       # must not be lost, not even with the power
    durability: commit
    destinations:
      - {type: file, path: audit.log, format: plain-text}
`, envService, strconv.Quote(filepath.Join(d.path(logsName), "${"+envService+"}")), envNATS, envService)
}

// process is one service that runs.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer // the service ends when it is closed
	ready chan string
	ended chan struct{}
}

// start starts a service and waits until it is ready. What it says then is returned.
func (d *demo) start(name string) (string, error) {
	cmd := exec.Command(d.Service[0], append(append([]string{}, d.Service[1:]...), d.Dir, name)...)
	cmd.Args[0] = os.Args[0] // a program may look at the name it was started under
	cmd.Env = append(os.Environ(), envNATS+"="+d.broker.server.ClientURL(), envService+"="+name)
	stderr, err := os.OpenFile(d.path(stderrName(name)), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return "", err
	}
	defer stderr.Close()
	cmd.Stderr = stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	p := &process{cmd: cmd, stdin: stdin, ready: make(chan string, 1), ended: make(chan struct{})}
	d.procs[name] = p
	go func() {
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		p.ready <- strings.TrimSpace(line)
		_ = cmd.Wait()
		close(p.ended)
	}()
	select {
	case said := <-p.ready:
		if rest, ok := strings.CutPrefix(said, "ready"); ok {
			return strings.TrimSpace(rest), nil
		}
		return "", fmt.Errorf("the service %s ended", name)
	case <-d.ctx.Done():
		return "", ErrInterrupted
	case <-time.After(patience):
		return "", fmt.Errorf("the service %s did not start in %v", name, patience)
	}
}

// end lets a service end by itself: it delivers what it has.
func (d *demo) end(name string) error {
	p := d.procs[name]
	_ = p.stdin.Close()
	select {
	case <-p.ended:
	case <-d.ctx.Done():
		return ErrInterrupted
	case <-time.After(2 * patience):
		return fmt.Errorf("the service %s did not end", name)
	}
	if !p.cmd.ProcessState.Success() {
		return fmt.Errorf("the service %s failed: %v", name, p.cmd.ProcessState)
	}
	return nil
}

func (d *demo) withStderr(err error) error {
	for _, s := range services {
		text, _ := os.ReadFile(d.path(stderrName(s.name)))
		if t := strings.TrimSpace(string(text)); t != "" {
			err = fmt.Errorf("%w\n%s wrote to standard error:\n%s", err, s.name, t)
		}
	}
	return err
}
