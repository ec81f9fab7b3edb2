//go:build ignore

// Command count turns the output of go test -json into text for people and
// one line for each test, and sums such lines up.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

// outcome is what became of one test.
type outcome struct{ name, result, reason string }

func main() {
	results := flag.String("results", "", "file of results, appended to")
	step := flag.String("step", "", "name of the step whose go test -json comes on standard input")
	summary := flag.Bool("summary", false, "sum the file up")
	again := flag.String("again", "", "write the failed tests of this step to a file, to be run a second time; they count by that")
	second := flag.Bool("second", false, "this is the second time")
	flag.Parse()
	if *summary {
		os.Exit(sum(*results))
	}
	failed, err := count(*results, *step, *again, *second)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if failed {
		os.Exit(1)
	}
}

// counter follows the tests of one go test command.
type counter struct {
	output map[string][]string // by test, until its end
	failed map[string]bool     // packages with a failed test
	late   map[string]bool     // packages that ran out of time
	second bool                // what failed is run again
	all    []outcome
}

// mostAgain is how many tests of a step may have a second time: more that fail are no accident of a busy machine.
const mostAgain = 5

// again returns the tests that failed by themselves, without their parts, and marks them as to be run again: all of a
// package that ran out of time; none when there are too many, or when a package failed as a whole.
func (c *counter) again() (tests []string) {
	for _, o := range c.all {
		pkg, test, isTest := strings.Cut(o.name, " ")
		if o.result != "fail" {
			continue
		}
		switch {
		case c.late[pkg]:
			test = ".*"
		case !isTest || o.reason != "":
			return nil
		}
		test, _, _ = strings.Cut(test, "/")
		if name := pkg + "\t" + test; !slices.Contains(tests, name) {
			tests = append(tests, name)
		}
	}
	if len(tests) > mostAgain {
		return nil
	}
	for i := range c.all {
		if c.all[i].result == "fail" {
			c.all[i].result = "again"
		}
	}
	return tests
}

// count reads standard input and reports whether a test failed.
func count(file, step, again string, second bool) (bool, error) {
	c := counter{output: make(map[string][]string), failed: make(map[string]bool), late: make(map[string]bool), second: second}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadString('\n')
		if line != "" {
			c.line(line)
		}
		if err != nil {
			break
		}
	}
	c.running()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if again != "" {
		if err := os.WriteFile(again, []byte(strings.Join(c.again(), "\n")), 0o644); err != nil {
			return false, err
		}
	}
	n := make(map[string]int)
	for _, o := range c.all {
		if second && o.result == "pass" {
			o.reason = "failed in " + step + ", passed when it was run again by itself"
		}
		n[o.result]++
		fmt.Fprintf(f, "test\t%s\t%s\t%s\n", o.name, o.result, o.reason)
	}
	fmt.Printf("%s: %d passed, %d failed, %d skipped", step, n["pass"], n["fail"], n["skip"])
	if n["again"] > 0 {
		fmt.Printf(", %d to be run again", n["again"])
	}
	fmt.Println()
	return n["fail"] > 0, nil
}

func (c *counter) line(text string) {
	var e event
	if !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &e) != nil {
		fmt.Print(text)
		return
	}
	if e.Package == "" {
		e.Package = e.ImportPath
	}
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		c.output[key] = append(c.output[key], e.Output)
	case "build-output":
		fmt.Print(e.Output)
	case "pass", "fail", "skip":
		c.end(key, e)
		delete(c.output, key)
	}
}

func (c *counter) end(key string, e event) {
	out := c.output[key]
	if e.Test == "" {
		c.endPackage(e, out)
		return
	}
	if e.Action == "fail" {
		c.failed[e.Package] = true
		fmt.Printf("--- FAIL %s (%.1f s)\n%s", key, e.Elapsed, strings.Join(last(out, 200), ""))
	}
	c.all = append(c.all, outcome{key, e.Action, reason(out, e.Action)})
}

// endPackage prints the package. One that failed without a failed test did not
// compile, panicked, ran out of time or left something behind: that counts as a failure.
func (c *counter) endPackage(e event, out []string) {
	switch {
	case e.Action == "skip": // no test files
	case e.Action == "pass":
		fmt.Printf("ok   %s %.1f s\n", e.Package, e.Elapsed)
		if c.second { // it may have been the package that failed
			c.all = append(c.all, outcome{e.Package, "pass", ""})
		}
	default:
		fmt.Printf("FAIL %s %.1f s\n%s", e.Package, e.Elapsed, strings.Join(last(out, 200), ""))
		c.late[e.Package] = c.ranOutOfTime(e.Package)
		if !c.failed[e.Package] {
			c.all = append(c.all, outcome{e.Package, "fail", ""})
		}
	}
	c.notEnded(e.Package)
}

// notEnded counts the tests that were running when their package died.
func (c *counter) notEnded(died string) {
	for key, rest := range c.output {
		if pkg, test, _ := strings.Cut(key, " "); pkg == died && test != "" {
			fmt.Printf("--- not ended: %s\n%s", key, strings.Join(last(rest, 300), ""))
			c.all = append(c.all, outcome{key, "fail", "not ended"})
			delete(c.output, key)
		}
	}
}

// running counts the tests that were running when the step was ended.
func (c *counter) running() {
	for key := range c.output {
		pkg, _, _ := strings.Cut(key, " ")
		c.notEnded(pkg)
	}
}

// ranOutOfTime reports whether the package was ended by the limit of go test.
func (c *counter) ranOutOfTime(pkg string) bool {
	for key, lines := range c.output {
		if p, _, _ := strings.Cut(key, " "); p != pkg {
			continue
		}
		for _, line := range lines {
			if strings.HasPrefix(line, "panic: test timed out after") {
				return true
			}
		}
	}
	return false
}

// reason is what a skipped test said.
func reason(out []string, action string) string {
	if action != "skip" {
		return ""
	}
	var said []string
	for _, line := range out {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") || line == "" {
			continue
		}
		if _, text, ok := strings.Cut(line, ".go:"); ok {
			if _, text, ok = strings.Cut(text, ": "); ok {
				line = text
			}
		}
		said = append(said, line)
	}
	return strings.ReplaceAll(strings.Join(said, " "), "\t", " ")
}

func last(lines []string, n int) []string { return lines[max(0, len(lines)-n):] }

// sum counts each test once over all steps: failed if it failed in one,
// skipped if it never ran, else passed.
func sum(file string) int {
	data, err := os.ReadFile(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	rank := map[string]int{"again": 0, "skip": 1, "pass": 2, "fail": 3}
	best := make(map[string]outcome)
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) < 4 {
			continue
		}
		key := f[0] + " " + f[1]
		if o, ok := best[key]; !ok || rank[f[2]] > rank[o.result] || f[2] == o.result && f[3] != "" {
			best[key] = outcome{f[1], f[2], f[3]}
		}
	}
	for key, o := range best {
		if o.result == "again" { // and nobody did: its step ran out of time
			best[key] = outcome{o.name, "fail", "failed, and was not run again"}
		}
	}
	unsteady := slices.DeleteFunc(list(best, "pass"), func(o outcome) bool { return o.reason == "" })
	skipped, failed, passed := list(best, "skip"), list(best, "fail"), list(best, "pass")
	show("skipped in every step:", skipped)
	show("unsteady:", unsteady)
	show("failed:", failed)
	fmt.Printf("%d passed, %d failed, %d skipped\n", len(passed), len(failed), len(skipped))
	if len(failed) > 0 || len(passed) == 0 {
		return 1
	}
	return 0
}

func list(all map[string]outcome, result string) []outcome {
	var some []outcome
	for _, o := range all {
		if o.result == result {
			some = append(some, o)
		}
	}
	slices.SortFunc(some, func(a, b outcome) int { return strings.Compare(a.name, b.name) })
	return some
}

func show(title string, some []outcome) {
	if len(some) == 0 {
		return
	}
	fmt.Println(title)
	for _, o := range some {
		fmt.Printf("  %s", o.name)
		if o.reason != "" {
			fmt.Printf(": %s", o.reason)
		}
		fmt.Println()
	}
}
