package demo

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/cmd/hydralog/internal/demo/count"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/term"
)

const (
	frame        = 50 * time.Millisecond // 20 redraws a second
	plainEvery   = 2 * time.Second
	look         = 2 * time.Millisecond // how often the burst is looked for
	consoleLines = 5
)

// errEnded says that the service ended while it was watched.
var errEnded = errors.New("the service ended")

func (d *demo) introduce() {
	s := d.Screen
	s.Print("%s", s.Style(term.Bold, "A service logs, is killed with SIGKILL, and starts again. Nothing is lost."))
	s.Print("")
	s.Print("  layer %s → orders.jsonl, and from WARNING on the console     layer %s → audit.log", s.Style(term.Cyan, "orders"), s.Style(term.Cyan, "audit"))
	s.Print("  %s", s.Style(term.Dim, "everything is in "+d.Dir))
	s.Print("")
}

// watch shows the service until limit is over and then until reached, if it is set, returns true; errEnded if the service ended.
func (d *demo) watch(run, pid int, limit time.Duration, ended <-chan error, reached func() bool) error {
	begin := time.Now()
	d.Screen.Print("  %s  run %d, process %d, %d goroutines", d.clock(), run, pid, workers)
	tick := time.NewTicker(look)
	defer tick.Stop()
	var drawn, told time.Time
	told = begin
	for {
		select {
		case <-ended:
			d.Screen.Block(d.progress()...)
			d.Screen.Keep()
			return errEnded
		case <-tick.C:
		}
		if now := time.Now(); now.Sub(drawn) >= frame && d.Screen.Live() {
			drawn = now
			d.Screen.Block(append(d.progress(), d.console()...)...)
		}
		if now := time.Now(); !d.Screen.Live() && now.Sub(told) >= plainEvery {
			told = now
			d.Screen.Print("  %s", strings.Join(d.progress(), "\n  "))
		}
		over := time.Since(begin) - limit
		if over > 0 && (reached == nil || over > 5*time.Second || reached()) {
			return nil
		}
	}
}

func (d *demo) clock() string {
	return d.Screen.Style(term.Dim, fmt.Sprintf("%4.1f s", time.Since(d.started).Seconds()))
}

// progress is one line: what the service has been promised to keep, and how large the files are.
func (d *demo) progress() []string {
	returned := sum(d.calls.read())
	line := fmt.Sprintf("%s  accepted %s", d.clock(), d.Screen.Style(term.Bold, thousands(returned[destOrders]+returned[destAudit])))
	for dest := range destinations {
		if info, err := os.Stat(d.target(dest)); err == nil {
			line += fmt.Sprintf("   %s %s", destNames[dest], kib(info.Size()))
		}
	}
	return []string{"  " + line}
}

// console is what the service's console shows.
func (d *demo) console() []string {
	out := []string{""}
	for _, line := range lastLines(d.path(consoleName), consoleLines) {
		out = append(out, "  "+line)
	}
	return out
}

func (d *demo) reportKill(all [workers]tally) {
	s := d.Screen
	s.Block(append(d.progress(), d.console()...)...)
	s.Keep()
	behind := 0
	for dest := range destinations {
		if r, err := count.Compare(d.target(dest), expected(all, d.cut, dest)); err == nil {
			behind += r.Lost
		}
	}
	s.Print("")
	s.Print("  %s  %s in the middle of a burst: %s accepted records are not in the files yet", d.clock(),
		s.Style(term.Red, "SIGKILL"), s.Style(term.Bold, thousands(behind)))
	s.Print("")
}

// table prints the account of every destination.
func (d *demo) table(rows []row) {
	s := d.Screen
	s.Print("")
	s.Print("%s", s.Style(term.Bold, fmt.Sprintf("  %-14s %10s %10s %9s %9s %6s %8s", "DESTINATION", "ACCEPTED", "DELIVERED", "DROPPED", "PENDING", "LOST", "DOUBLED")))
	cut, kept, lost := len(d.cut), 0, 0
	for i := range rows {
		r := &rows[i]
		style := term.Green
		if r.lost() > 0 {
			style = term.Red
		}
		s.Print("  %-14s %10s %10s %9s %9s %s %8s", r.name, thousands(r.Accepted), thousands(r.Delivered), thousands(int(r.dropped)),
			thousands(int(r.pending)), s.Style(style, fmt.Sprintf("%6s", thousands(r.lost()))), thousands(r.Doubled))
		lost += r.lost()
		if i != destConsole {
			kept += r.CutOff
		}
	}
	s.Print("")
	s.Print("  Accepted: log calls that returned, as the service noted them in the file %s. Delivered, lost and doubled: counted", callsName)
	s.Print("  from the lines in the files, by code that knows nothing of the logger. Dropped and pending: its own account.")
	if cut > 0 {
		s.Print("  The kill cut off %d calls before they returned; %d of them are in the files all the same.", cut, kept)
	}
	s.Print("")
	if lost == 0 {
		s.Print("  %s", s.Style(term.Green, "Nothing was lost."))
	} else {
		s.Print("  %s", s.Style(term.Red, fmt.Sprintf("%s records were lost.", thousands(lost))))
	}
	if d.Verify {
		d.verify()
	} else {
		s.Print("  %s", s.Style(term.Dim, "Count yourself: the same with --verify prints the commands. The files stay in "+d.Dir))
	}
}

// verify prints commands that count by hand.
func (d *demo) verify() {
	s := d.Screen
	s.Print("")
	s.Print("  Count by hand:")
	s.Print("")
	for _, line := range []string{
		"cd " + d.Dir,
		"od -An -v -td8 -w32 " + callsName + " | awk '{o+=$2; a+=$3; c+=$4} END {print o, \"orders\", a, \"audit\", c, \"console\"}'",
		"grep -c '\"n\":' logs/orders.jsonl    # calls that were cut off may be there too",
		"grep -c ' n=' logs/audit.log",
		"grep -c 'n=' console.txt",
		"jq -r 'select(.n) | \"\\(.g) \\(.n)\"' logs/orders.jsonl | sort | uniq -d | wc -l    # doubled",
		"grep -o ' g=.*' logs/audit.log | sort | uniq -d | wc -l    # doubled",
		"jq '.destinations[] | {name, ledger}' " + healthName + "    # the logger's own account of run 2",
		"rm -r " + d.Dir,
	} {
		s.Print("    %s", line)
	}
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int) string {
	text := fmt.Sprint(n)
	var b strings.Builder
	for i, c := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

func kib(n int64) string { return thousands(int(n>>10)) + " KiB" }
