package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/processor/redact"
)

// redactCmd is a dry run of redaction.
type redactCmd struct {
	Patterns []string `help:"Look for these alone: email, phone, ssn, credit_card, api_key, password, token, secret, or a detector. Default: all of the level." placeholder:"NAME"`
	Engine   string   `placeholder:"NAME" help:"security redacts and sanitizes, redaction redacts only. Default: security." enum:"security,redaction" default:"security"`
	Rules    string   `help:"FILE with the options of an extension of type security, in YAML or JSON; flags win." type:"path" placeholder:"FILE"`
	JSON     bool     `name:"json" help:"Each line is a JSON value, and so is each answer; keys keep their order."`
	Report   bool     `help:"Print on standard error how much each rule found."`

	Level               string   `help:"Security level: low, medium, high, strict." placeholder:"LEVEL"`
	Detectors           []string `help:"Detectors to add; with a minus before, to take away." placeholder:"NAME"`
	Keys                []string `help:"Names, globs and paths whose values are hidden." placeholder:"KEY"`
	AllowKeys           []string `help:"Names, globs and paths whose values are kept." placeholder:"KEY"`
	Action              string   `help:"replace, mask, hash or drop." placeholder:"ACTION"`
	HashKey             string   `help:"Key of the action hash." env:"HYDRALOG_HASH_KEY" placeholder:"KEY"`
	MaxDepth            int      `help:"Hide what is nested deeper. Default: as deep as a record goes." placeholder:"N"`
	Enabled             *bool    `help:"Same as the extension's enabled: with --no-enabled lines come out as they went in." negatable:""`
	RedactionEnabled    *bool    `help:"--no-redaction-enabled only sanitizes." negatable:""`
	SanitizationEnabled *bool    `help:"--no-sanitization-enabled only redacts." negatable:""`
	Custom              []string `help:"REGEX=>REPLACEMENT to apply after the others; without =>, [REDACTED]. May be given many times." sep:"none" placeholder:"RULE"`
}

// Help is shown by hydralog redact --help.
func (redactCmd) Help() string {
	return `Reads values from standard input, one per line, and prints them as a record would hold them.

The rules file holds what "extensions: {x: {type: security, ...}}" may hold: patterns, security_level, detectors,
keys, allow_keys, rules and custom (lists of {name, regex, replacement, action}), action, actions, hash_key, max_depth,
enabled, redaction_enabled, sanitization_enabled, sanitize.

A line that is no JSON, with --json, is answered with null and reported; the exit code is 1 then.`
}

func (c *redactCmd) Run() error {
	o, enabled, err := c.options()
	if err != nil {
		return &exitError{exitConfig, err}
	}
	r, err := redact.New(o)
	if err != nil {
		return &exitError{exitConfig, err}
	}
	for _, name := range r.UnknownPatterns() {
		note("there is no pattern %q; what it was meant to hide is not hidden", name)
	}
	if enabled {
		err = c.lines(r, os.Stdin, os.Stdout)
	} else {
		_, err = io.Copy(os.Stdout, os.Stdin)
	}
	if c.Report {
		for _, n := range r.Counts() {
			note("%-14s %d", n.Rule, n.Count)
		}
		if n := r.Failed(); n > 0 {
			note("%-14s %d", "failed rules", n)
		}
	}
	return err
}

// maxRedactLine is the longest line that is read.
const maxRedactLine = 64 << 20

func (c *redactCmd) lines(r *redact.Redactor, in io.Reader, out io.Writer) error {
	sc := bufio.NewScanner(in)
	sc.Buffer(nil, maxRedactLine)
	w := bufio.NewWriter(out)
	bad, line := 0, 0
	for sc.Scan() {
		line++
		answer := []byte(nil)
		switch {
		case !c.JSON:
			answer = []byte(r.RedactString(sc.Text()))
		case strings.TrimSpace(sc.Text()) == "":
		default:
			var err error
			if answer, err = r.RedactJSON(sc.Bytes()); err != nil {
				note("line %d: %v", line, err)
				answer = []byte("null")
				bad++
			}
		}
		if _, err := w.Write(append(answer, '\n')); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("standard input, line %d: %w", line+1, err)
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d lines are no JSON", bad, line)
	}
	return nil
}

// options are those of the file, and those of the flags above them.
func (c *redactCmd) options() (o redact.Options, enabled bool, err error) {
	on := true
	if c.Rules != "" {
		if on, err = readRules(c.Rules, &o); err != nil {
			return o, false, fmt.Errorf("--rules: %s: %w", c.Rules, err)
		}
	}
	set(&o.Patterns, c.Patterns)
	set(&o.Detectors, c.Detectors)
	set(&o.Keys, c.Keys)
	set(&o.AllowKeys, c.AllowKeys)
	for to, from := range map[*string]string{&o.Level: c.Level, &o.Action: c.Action, &o.HashKey: c.HashKey} {
		if from != "" {
			*to = from
		}
	}
	for to, from := range map[**bool]*bool{&o.Redaction: c.RedactionEnabled, &o.Sanitization: c.SanitizationEnabled} {
		if from != nil {
			*to = from
		}
	}
	if c.MaxDepth != 0 {
		o.MaxDepth = c.MaxDepth
	}
	for _, text := range c.Custom {
		o.Custom = append(o.Custom, customRule(text))
	}
	if c.Engine == "redaction" {
		off := false
		o.Sanitization = &off
	}
	if c.Enabled != nil {
		on = *c.Enabled
	}
	return o, on, nil
}

func set(to *[]string, from []string) {
	if len(from) > 0 {
		*to = from
	}
}

func customRule(text string) redact.Rule {
	regex, with, ok := strings.Cut(text, "=>")
	if !ok {
		return redact.Rule{Regex: regex}
	}
	return redact.Rule{Regex: regex, Replacement: &with}
}

// readRules reads a file of rules into o, and whether it is enabled. An unknown key is an error.
func readRules(path string, o *redact.Options) (enabled bool, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	var raw map[string]any
	if err := yaml.Unmarshal(data, &raw); err != nil {
		return false, err
	}
	var own struct {
		Enabled *bool
		Type    string
	}
	if err := yaml.Unmarshal(data, &own); err != nil {
		return false, err
	}
	if own.Type != "" && own.Type != "security" {
		return false, errors.New("type: only security has rules")
	}
	delete(raw, "enabled")
	delete(raw, "type")
	return own.Enabled == nil || *own.Enabled, config.DecodeOptions(raw, o)
}
