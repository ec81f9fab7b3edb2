// Package demo shows what Hydra-Logger is for: a service that logs is killed
// with SIGKILL and started again, and everything that it logged is there.
package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/cmd/hydralog/internal/demo/count"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/term"
	"github.com/hydra-logger/hydra/health"
)

// The files of a demo, in its directory.
const (
	configName  = "hydra.yaml"
	callsName   = "calls"
	consoleName = "console.txt"
	stderrName  = "stderr.txt"
	healthName  = "health.json"
	logsName    = "logs"
)

// Options are the settings of a demo.
type Options struct {
	Dir      string        // Default: a new temporary directory.
	Duration time.Duration // of all of it, about
	Service  []string      // command that runs [Service]; the directory and a duration are appended
	Verify   bool          // print commands to count by hand
	Screen   *term.Screen
}

// ErrLost says that the demo failed: something that was accepted is gone.
var ErrLost = errors.New("records were lost")

type demo struct {
	Options
	started time.Time
	calls   *callsFile
	cut     map[count.ID]bool
}

// Run runs the demo.
func Run(o Options) error {
	d := &demo{Options: o, started: time.Now(), cut: map[count.ID]bool{}}
	if err := d.prepare(); err != nil {
		return err
	}
	d.introduce()
	half := (o.Duration - 2*time.Second) / 2
	if err := d.killed(half); err != nil {
		return d.withStderr(err)
	}
	if err := d.again(half); err != nil {
		return d.withStderr(err)
	}
	return d.account()
}

// prepare makes the directory with the configuration and the file of calls.
func (d *demo) prepare() (err error) {
	if d.Dir == "" {
		d.Dir, err = os.MkdirTemp("", "hydra-demo-")
	} else if d.Dir, err = filepath.Abs(d.Dir); err == nil {
		err = os.MkdirAll(d.Dir, 0o700)
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(d.path(configName), []byte(d.config()), 0o600); err != nil {
		return err
	}
	if err := createCalls(d.path(callsName)); err != nil {
		return err
	}
	d.calls, err = openCalls(d.path(callsName))
	return err
}

func (d *demo) path(name string) string { return filepath.Join(d.Dir, name) }

func (d *demo) target(dest int) string {
	if dest == destConsole {
		return d.path(consoleName)
	}
	return filepath.Join(d.path(logsName), destNames[dest])
}

func (d *demo) config() string {
	return fmt.Sprintf(`name: demo
base_log_dir: %s
layers:
  orders:
    destinations:
      - {type: file, path: orders.jsonl, format: json-lines}
      - {type: console, name: console, level: WARNING, use_colors: %v}
  audit:
    destinations:
      - {type: file, path: audit.log, format: plain-text}
`, strconv.Quote(d.path(logsName)), d.Screen.Colors())
}

// start starts the service. Its standard output is the console destination's file.
func (d *demo) start(limit time.Duration) (*exec.Cmd, error) {
	args := append(append([]string{}, d.Service[1:]...), d.Dir, limit.String())
	cmd := exec.Command(d.Service[0], args...)
	cmd.Args[0] = os.Args[0] // a program may look at the name it was started under
	var err error
	cmd.Stdout, err = os.OpenFile(d.path(consoleName), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer cmd.Stdout.(*os.File).Close()
	errors, err := os.OpenFile(d.path(stderrName), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer errors.Close()
	cmd.Stderr = errors
	return cmd, cmd.Start()
}

// killed runs the service and kills it in the middle of a burst of calls, when the destinations lag behind.
func (d *demo) killed(limit time.Duration) error {
	cmd, err := d.start(time.Hour)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if err := d.watch(1, cmd.Process.Pid, limit, ended, d.inBurst()); err != nil {
		_ = cmd.Process.Kill()
		return err
	}
	if err := cmd.Process.Kill(); err != nil {
		return err
	}
	<-ended
	all := d.calls.read()
	if err := cutOff(all, d.cut); err != nil {
		return err
	}
	d.reportKill(all)
	return nil
}

// inBurst returns a function that reports whether more calls came since it was last called than the workers make between pauses.
func (d *demo) inBurst() func() bool {
	last := -1
	return func() bool {
		returned := sum(d.calls.read())
		n := returned[destOrders] + returned[destAudit]
		fast := last >= 0 && n-last > 8*workers*perPause
		last = n
		return fast
	}
}

// again starts the service anew: it delivers what the dead one left, goes on logging, and ends by itself.
func (d *demo) again(limit time.Duration) error {
	cmd, err := d.start(limit)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	err = d.watch(2, cmd.Process.Pid, limit+30*time.Second, ended, nil)
	if err == nil {
		err = errors.New("the second service did not end")
	}
	if !errors.Is(err, errEnded) {
		_ = cmd.Process.Kill()
		return err
	}
	if !cmd.ProcessState.Success() {
		return fmt.Errorf("the second service failed: %v", cmd.ProcessState)
	}
	return nil
}

func (d *demo) withStderr(err error) error {
	text, _ := os.ReadFile(d.path(stderrName))
	if s := strings.TrimSpace(string(text)); s != "" {
		err = fmt.Errorf("%w\nthe service wrote to standard error:\n%s", err, s)
	}
	return err
}

// row is one line of the table at the end.
type row struct {
	name string
	count.Result
	dropped, pending uint64
}

// lost is what was accepted and is neither in the file, nor pending, nor dropped by a policy.
func (r *row) lost() int { return max(r.Lost-int(r.dropped+r.pending), 0) }

// account counts, prints the table, and returns [ErrLost] if anything is missing.
func (d *demo) account() error {
	all := d.calls.read()
	ledgers, err := readHealth(d.path(healthName))
	if err != nil {
		return err
	}
	rows := make([]row, destinations)
	lost, invented := 0, 0
	for dest := range rows {
		r := &rows[dest]
		r.name = destNames[dest]
		if r.Result, err = count.Compare(d.target(dest), expected(all, d.cut, dest)); err != nil {
			return err
		}
		if l := find(ledgers, destNames[dest]); l != nil {
			r.dropped, r.pending = l.DroppedTotal(), l.Pending
		}
		lost += r.lost()
		invented += r.Invented
	}
	d.table(rows)
	if lost > 0 {
		return ErrLost
	}
	if invented > 0 {
		return errors.New("there are records that nobody logged")
	}
	return nil
}

func readHealth(path string) (*health.Report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &health.Report{}
	return r, json.Unmarshal(text, r)
}

// find returns the ledger of a destination by its name or the file it writes.
func find(r *health.Report, name string) *health.Ledger {
	for i := range r.Destinations {
		if d := &r.Destinations[i]; d.Name == name || filepath.Base(d.Target) == name {
			return &d.Ledger
		}
	}
	return nil
}
