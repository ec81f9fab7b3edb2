package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/capture"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/feed"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/process"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/state"
)

type runCmd struct {
	Config      string   `short:"c" required:"" placeholder:"FILE" help:"Configuration, YAML or JSON."`
	Layer       string   `placeholder:"NAME" help:"Layer of the lines. A JSON line that names a configured layer goes there. Default: default."`
	StderrLayer string   `placeholder:"NAME" help:"Layer of the lines of standard error. Default: as --layer."`
	Level       string   `placeholder:"LEVEL" help:"Level of lines that do not tell. Default: INFO."`
	StderrLevel string   `placeholder:"LEVEL" help:"Level of such lines of standard error. Default: as --level."`
	Pipe        bool     `help:"Give the command pipes instead of files: no disk space, and it waits for hydralog, but what is in the pipe when hydralog is killed is lost."`
	Command     []string `arg:"" optional:"" passthrough:"" help:"Command and its arguments, after --. Default: read standard input."`
}

// runner is one run of the command run.
type runner struct {
	cmd    *runCmd
	setup  *state.Setup
	log    *hydra.Logger
	feed   *feed.Feed
	finish chan struct{} // closed when the command has ended
	wg     sync.WaitGroup
}

func (c *runCmd) Run() error {
	if len(c.Command) > 0 && c.Command[0] == "--" {
		c.Command = c.Command[1:]
	}
	setup, err := load(c.Config)
	if err != nil {
		return err
	}
	if err := c.check(setup); err != nil {
		return err
	}
	surviveBrokenPipes()
	r := &runner{cmd: c, setup: setup, finish: make(chan struct{})}
	orphans, err := r.open()
	if err != nil {
		return err
	}
	for _, d := range orphans {
		note("continuing with what %q left", d.Run.Command)
		r.follow(d)
	}
	code, err := r.main()
	r.wg.Wait()
	if closeErr := r.log.Close(); closeErr != nil {
		note("%v", closeErr)
	}
	if code == exitOK && err == nil {
		return nil
	}
	return &exitError{code, err}
}

func (c *runCmd) check(s *state.Setup) error {
	if c.StderrLayer == "" {
		c.StderrLayer = c.Layer
	}
	if c.StderrLevel == "" {
		c.StderrLevel = c.Level
	}
	return errors.Join(checkLayer(s, "--layer", c.Layer), checkLayer(s, "--stderr-layer", c.StderrLayer),
		checkLevel("--level", c.Level), checkLevel("--stderr-level", c.StderrLevel))
}

func (c *runCmd) streams() [capture.Streams]capture.Stream {
	return [...]capture.Stream{{Layer: c.Layer, Level: c.Level}, {Layer: c.StderrLayer, Level: c.StderrLevel}}
}

// open opens the logger, and takes over the captures of dead processes before.
func (r *runner) open() (orphans []*capture.Dir, err error) {
	if r.setup.Dir != "" && capture.Supported {
		release, err := capture.LockStart(capture.Root(r.setup.Dir))
		if err != nil {
			return nil, err
		}
		defer release()
		orphans = takeOver(r.setup)
	}
	if r.log, err = open(r.setup); err != nil {
		return nil, err
	}
	r.feed = feed.New(r.log, r.setup.Dir, r.setup.Layers(), func(text string) { note("%s", text) })
	return orphans, nil
}

// takeOver returns the captures of dead processes, their cursors settled.
func takeOver(s *state.Setup) []*capture.Dir {
	orphans, err := capture.Orphans(capture.Root(s.Dir))
	if err != nil {
		note("%v", err)
	}
	for _, d := range orphans {
		if err := feed.Settle(s.Dir, d); err != nil {
			note("%v", err)
		}
	}
	return orphans
}

// main does what the run is for and returns the exit code.
func (r *runner) main() (int, error) {
	defer close(r.finish)
	switch {
	case len(r.cmd.Command) == 0:
		return r.stdin()
	case r.cmd.Pipe:
		return r.piped()
	case r.setup.Dir == "":
		note("this configuration has no state directory, so the command gets pipes; with journal.dir its last lines survive a kill of hydralog")
		return r.piped()
	case !capture.Supported:
		note("output can't be captured in files on this system, so the command gets pipes")
		return r.piped()
	}
	return r.captured()
}

// captured runs the command with files as its output.
func (r *runner) captured() (int, error) {
	d, err := capture.Create(capture.Root(r.setup.Dir), capture.Run{Command: r.cmd.Command, Streams: r.cmd.streams()})
	if err != nil {
		return exitFailure, err
	}
	var out [capture.Streams]*os.File
	for i := range out {
		if out[i], err = d.Output(i); err != nil {
			return exitFailure, errors.Join(err, d.Remove())
		}
	}
	p, err := process.Start(process.Command{Args: r.cmd.Command, Stdout: out[0], Stderr: out[1]})
	closeAll(out[:])
	if err != nil {
		return startCode(err), errors.Join(err, d.Remove())
	}
	r.follow(d)
	return p.Wait()
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // ours; the command has its own
	}
}

func startCode(err error) int {
	if start := (*process.StartError)(nil); errors.As(err, &start) {
		return start.Code
	}
	return exitFailure
}

// follow accepts the output of a directory in the background.
func (r *runner) follow(d *capture.Dir) {
	r.wg.Go(func() {
		if left := followDir(r.feed, d, r.finish); left != "" {
			note("%s", left)
		}
	})
}

// followDir accepts the output of a directory and removes it when it is complete. It says what is left, "" if nothing is.
func followDir(f *feed.Feed, d *capture.Dir, finish <-chan struct{}) (left string) {
	var complete [capture.Streams]bool
	var errs [capture.Streams]error
	var wg sync.WaitGroup
	for i := range complete {
		wg.Go(func() {
			sink, err := f.Stream(d.Run.Streams[i], d.Cursor, i)
			if err != nil {
				errs[i] = err
				return
			}
			follower := capture.Follower{Dir: d, Stream: i, Sink: sink, Event: func(text string) { note("%s", text) }}
			complete[i], errs[i] = follower.Follow(finish)
		})
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return errors.Join(err, d.Close()).Error() + "; what was not read is kept in " + d.Path
	}
	if complete != [capture.Streams]bool{true, true} {
		_ = d.Close() // nothing is lost: the next start takes it over
		return "a process that the command started is still writing; the next run or recover continues with " + d.Path
	}
	if err := d.Remove(); err != nil {
		return err.Error()
	}
	return ""
}

// piped runs the command with pipes as its output.
func (r *runner) piped() (int, error) {
	var read, write [capture.Streams]*os.File
	for i := range read {
		var err error
		if read[i], write[i], err = os.Pipe(); err != nil {
			return exitFailure, err
		}
	}
	p, err := process.Start(process.Command{Args: r.cmd.Command, Stdout: write[0], Stderr: write[1]})
	closeAll(write[:])
	if err != nil {
		closeAll(read[:])
		return startCode(err), err
	}
	for i, s := range r.cmd.streams() {
		sink, err := r.feed.Stream(s, nil, i)
		if err != nil {
			return exitUsage, err
		}
		r.wg.Go(func() {
			defer read[i].Close()
			if _, err := feed.Read(read[i], sink, r.finish); err != nil {
				note("%v", err)
			}
		})
	}
	return p.Wait()
}

// stdin logs standard input until it ends. After SIGINT or SIGTERM it goes on while lines come, so that the last
// words of the program before it in the pipe are kept; a second signal ends it.
func (r *runner) stdin() (int, error) {
	sink, err := r.feed.Stream(r.cmd.streams()[0], nil, 0)
	if err != nil {
		return exitUsage, err
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	result := make(chan readResult, 1)
	go func() {
		ended, err := feed.Read(os.Stdin, sink, ctx.Done())
		result <- readResult{ended, err}
	}()
	code := exitOK
	for {
		select {
		case s := <-signals:
			if n, ok := s.(syscall.Signal); ok {
				code = 128 + int(n)
			}
			if ctx.Err() != nil {
				return code, nil
			}
			cancel()
		case res := <-result:
			if res.ended {
				code = exitOK
			}
			if res.err != nil {
				return exitFailure, res.err
			}
			return code, nil
		}
	}
}

type readResult struct {
	ended bool
	err   error
}
