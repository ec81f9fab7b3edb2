// Command hydralog runs programs under a Hydra-Logger configuration, delivers
// what dead processes left, and looks into journals.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kong"
)

// The exit codes of every command but run, which returns its command's own.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
	exitConfig  = 3
)

type cli struct {
	Run        runCmd        `cmd:"" help:"Run a command, or read standard input, and log every line."`
	Recover    recoverCmd    `cmd:"" help:"Deliver what a dead process left in its journal."`
	Validate   validateCmd   `cmd:"" help:"Check a configuration file. Exit code 3 if it is wrong."`
	Init       initCmd       `cmd:"" help:"Write a configuration file with comments, to begin with."`
	Explain    explainCmd    `cmd:"" help:"Say which destinations a record would reach, and why."`
	Schema     schemaCmd     `cmd:"" help:"Print the JSON Schema of configuration files, for editors."`
	Cat        compactCmd    `cmd:"" help:"Print files of the formats binary-compact and binary-extended."`
	Journal    journalCmd    `cmd:"" help:"Look into the journal of a state directory."`
	DeadLetter deadLetterCmd `cmd:"" name:"dead-letter" help:"Look at the records that destinations did not take, and deliver them again."`
	Doctor     doctorCmd     `cmd:"" help:"Try every destination and the state directory of a configuration. Exit code 1 if something does not work."`
	Demo       demoCmd       `cmd:"" help:"Run an order system of four services, kill one half way, and count: nothing is lost."`
	Rotate     rotateCmd     `cmd:"" help:"Put away what the files of a configuration hold, now."`
	Redact     redactCmd     `cmd:"" help:"Print lines without their secrets: a dry run of the rules of a configuration."`
	Trace      traceCmd      `cmd:"" help:"Print the story of one correlation id from log files: every service, in the order of time."`
	Version    versionCmd    `cmd:"" help:"Print the version."`

	DemoService demoServiceCmd `cmd:"" hidden:""`

	ShowVersion versionFlag `name:"version" hidden:"" help:"Print the version."`
}

// exitError is an error with an exit code of its own. Without an inner error nothing is printed.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func main() { os.Exit(run(os.Args[1:])) }

// run is the whole program. It returns the exit code.
func run(args []string) int {
	var c cli
	left := -1 // set when kong wants to leave: help was printed
	parser, err := kong.New(&c,
		kong.Name("hydralog"),
		kong.Description("Logs that survive. Exit codes: 0 done, 1 failed or something is left, 2 wrong usage, 3 wrong configuration; "+
			"run returns the exit code of its command, 128+n when signal n ended it."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(code int) { left = code; panic(leave{}) }),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "hydralog:", err)
		return exitUsage
	}
	ctx, err := parse(parser, args)
	switch {
	case left >= 0:
		return left
	case err != nil:
		return usage(parser, args, err)
	}
	return exitCode(ctx.Run())
}

// usage says what is wrong with the arguments, and where help is; without any it prints the help itself.
func usage(parser *kong.Kong, args []string, err error) int {
	about := "hydralog"
	if wrong := (*kong.ParseError)(nil); errors.As(err, &wrong) {
		if len(args) == 0 {
			parser.Stdout = os.Stderr
			if wrong.Context.PrintUsage(false) == nil {
				return exitUsage
			}
		}
		if cmd := wrong.Context.Selected(); cmd != nil {
			about = cmd.FullPath()
		}
	}
	fmt.Fprintf(os.Stderr, "hydralog: %v; see %s --help\n", err, about)
	return exitUsage
}

// leave unwinds the parser after it has printed help.
type leave struct{}

func parse(parser *kong.Kong, args []string) (ctx *kong.Context, err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(leave); !ok {
				panic(r)
			}
		}
	}()
	return parser.Parse(args)
}

func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	code := exitFailure
	if exit := (*exitError)(nil); errors.As(err, &exit) {
		code = exit.code
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(os.Stderr, "hydralog:", text)
	}
	return code
}
