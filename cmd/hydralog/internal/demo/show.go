package demo

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/cmd/hydralog/internal/demo/count"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/term"
)

const (
	frame      = 50 * time.Millisecond // 20 redraws a second
	plainEvery = 2 * time.Second
	look       = 5 * time.Millisecond
	eventLines = 5
)

// errEnded says that a service ended while it was watched.
var errEnded = errors.New("a service ended by itself")

func (d *demo) introduce() {
	s := d.Screen
	s.Print("%s", s.Style(term.Bold, "An order system logs. One of its services is killed and comes back."))
	s.Print("")
	s.Print("  HTTP → gateway → orders → payments → shipping: four processes, NATS JetStream")
	s.Print("  between them, and one hydra.yaml with three layers:")
	s.Print("  %s → app.jsonl   %s → events.jsonl and NATS   %s → audit.log", s.Style(term.Cyan, "service"),
		s.Style(term.Cyan, "events"), s.Style(term.Cyan, "audit"))
	s.Print("  %s", s.Style(term.Dim, "everything is in "+d.Dir))
	s.Print("")
}

// watch shows the services until limit is over or reached, if it is set, returns true.
func (d *demo) watch(limit time.Duration, reached func() (bool, error)) error {
	begin := time.Now()
	tick := time.NewTicker(look)
	defer tick.Stop()
	drawn, told := time.Time{}, begin
	for time.Since(begin) < limit {
		now := <-tick.C
		if d.ctx.Err() != nil {
			d.Screen.Keep()
			return ErrInterrupted
		}
		for name, p := range d.procs {
			select {
			case <-p.ended:
				d.Screen.Block(d.progress()...)
				d.Screen.Keep()
				return fmt.Errorf("%w: %s, %v", errEnded, name, p.cmd.ProcessState)
			default:
			}
		}
		if d.Screen.Live() && now.Sub(drawn) >= frame {
			drawn = now
			d.Screen.Block(append(d.progress(), d.events()...)...)
		}
		if !d.Screen.Live() && now.Sub(told) >= plainEvery {
			told = now
			d.Screen.Print("%s", strings.Join(d.progress(), "\n"))
		}
		if reached != nil {
			if done, err := reached(); done || err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *demo) clock() string {
	return d.Screen.Style(term.Dim, fmt.Sprintf("%4.1f s", time.Since(d.started).Seconds()))
}

// progress is one line: the orders, and what each service has been promised to keep.
func (d *demo) progress() []string {
	line := fmt.Sprintf("  %s  %s orders   accepted records:", d.clock(), d.Screen.Style(term.Bold, thousands(int(d.clients.orders.Load()))))
	for _, s := range services {
		name := s.name
		if d.procs[name] == nil {
			name = d.Screen.Style(term.Red, name)
		}
		line += fmt.Sprintf("  %s %s", name, thousands(sum(d.calls[s.name].read())))
	}
	return []string{line}
}

// events are the last events of all services.
func (d *demo) events() []string {
	out := []string{""}
	for _, s := range services {
		for _, line := range lastLines(d.target(s.name, destAudit), 1) {
			out = append(out, "  "+line)
		}
	}
	for _, line := range lastLines(d.target("gateway", destEvents), eventLines-len(out)) {
		out = append(out, "  "+line)
	}
	return out
}

func (d *demo) reportKill(all [rows]tally) {
	s := d.Screen
	s.Block(append(d.progress(), d.events()...)...)
	s.Keep()
	behind := 0
	for _, dest := range []int{destApp, destEvents, destAudit} {
		if r, err := count.Compare(d.target(victim, dest), expected(all, d.cut[victim], dest)); err == nil {
			behind += r.Lost
		}
	}
	waiting, _ := d.broker.waiting()
	s.Print("  %s  %s hits %s: %s accepted records not in its files, %s orders wait", d.clock(),
		s.Style(term.Red, "SIGKILL"), victim, s.Style(term.Bold, thousands(behind)), thousands(waiting))
}

// table prints the account of every destination of every service.
func (d *demo) table(all []row) {
	s := d.Screen
	s.Print("")
	s.Print("%s", s.Style(term.Bold, fmt.Sprintf("  %-9s %-12s %9s %9s %8s %8s %6s %8s", "SERVICE", "DESTINATION", "ACCEPTED", "DELIVERED", "DROPPED", "PENDING", "LOST", "DOUBLED")))
	kept, last := map[string]int{}, ""
	for i := range all {
		r := &all[i]
		style := term.Green
		if r.lost() > 0 {
			style = term.Red
		}
		name := r.service
		if name == last {
			name = ""
		}
		last = r.service
		s.Print("  %-9s %-12s %9s %9s %8s %8s %s %8s", name, r.name, thousands(r.Accepted), thousands(r.Delivered), thousands(int(r.dropped)),
			thousands(int(r.pending)), s.Style(style, fmt.Sprintf("%6s", thousands(r.lost()))), thousands(r.Doubled))
		if r.name != destNames[destNATS] { // it has what events.jsonl has
			kept[r.service] += r.CutOff
		}
	}
	s.Print("")
	s.Print("  Accepted: log calls that returned, as each service noted them in its file of")
	s.Print("  calls. Delivered, lost and doubled: counted from the lines in the files and in")
	s.Print("  the stream, by code that knows nothing of the logger. Dropped and pending: the")
	s.Print("  logger's own account.")
	if cut := len(d.cut[victim]); cut > 0 {
		s.Print("  The kill cut off %d calls before they returned; %d of them are in the files.", cut, kept[victim])
	}
	s.Print("")
}

func (d *demo) conclude(lost int) {
	s := d.Screen
	s.Print("")
	if lost == 0 {
		s.Print("  %s", s.Style(term.Green, "Nothing was lost."))
	} else {
		s.Print("  %s", s.Style(term.Red, fmt.Sprintf("%s records were lost.", thousands(lost))))
	}
	if d.Verify {
		d.verify()
	} else {
		s.Print("  %s", s.Style(term.Dim, "The files stay in "+d.Dir))
		s.Print("  %s", s.Style(term.Dim, "Count yourself: with --verify it prints the commands."))
	}
}

// verify prints commands that count by hand.
func (d *demo) verify() {
	s := d.Screen
	s.Print("")
	s.Print("  Count by hand. Each service has a file of calls with %d rows of two numbers,", rows)
	s.Print("  begun and returned, by worker for the kinds request, event, work and audit; a")
	s.Print("  record has its row as g and its number as n:")
	s.Print("")
	for _, line := range []string{
		"cd " + d.Dir,
		`for s in gateway orders payments shipping; do od -An -v -td8 -w64 $s.calls | awk -v s=$s '{r+=$2; e+=$4+$6; a+=$8} END {print s, r, "app", e, "events", a, "audit"}'; done`,
		"grep -c '\"n\":' logs/*/*.jsonl nats.*.jsonl    # calls that were cut off may be there too",
		"grep -c ' n=' logs/*/audit.log",
		`for f in logs/*/*.jsonl nats.*.jsonl; do jq -r 'select(.n) | "\(.g) \(.n)"' $f | sort | uniq -d; done | wc -l    # doubled`,
		"jq '.destinations[] | {name, ledger}' *.health.json    # the loggers' own account of their last run",
		"hydralog trace " + correlationOf(1) + " logs",
		"rm -r " + d.Dir,
	} {
		s.Print("    %s", line)
	}
}

// lastLines returns the last lines of a file that is being written, whole ones only.
func lastLines(path string, most int) []string {
	f, err := os.Open(path)
	if err != nil || most <= 0 {
		return nil
	}
	defer f.Close()
	const tail = 8 << 10
	if info, err := f.Stat(); err == nil && info.Size() > tail {
		_, _ = f.Seek(-tail, 2)
	}
	var out []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		out = append(out, s.Text())
	}
	if len(out) > 0 {
		out = out[1:] // cut, or the first
	}
	return out[max(len(out)-most, 0):]
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
