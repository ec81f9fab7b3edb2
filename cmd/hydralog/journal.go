package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/journal"
	"github.com/hydra-logger/hydra/record"
)

type journalCmd struct {
	Check  checkCmd  `cmd:"" help:"Read a state directory through and say what is in it. Changes nothing. Exit code 1 if there are problems."`
	Cat    catCmd    `cmd:"" help:"Print every record of a state directory as JSON lines. Changes nothing. Exit code 1 if there is none."`
	Repair repairCmd `cmd:"" help:"Do what the next start would do: mark what was never finished, seal, set aside what can't be read. Removes no record."`
}

type checkCmd struct {
	Dir  string `arg:"" type:"existingdir" help:"State directory."`
	JSON bool   `name:"json" help:"Print the report as JSON."`
}

func (c *checkCmd) Run() error {
	report, err := journal.Check(c.Dir)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(os.Stdout, report)
	} else {
		err = printCheck(os.Stdout, &report)
	}
	if err == nil && !report.OK() {
		err = &exitError{code: exitFailure}
	}
	return err
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func printCheck(w io.Writer, r *journal.CheckReport) error {
	fmt.Fprintf(w, "%s\n  journal %s of program %q, logger %q\n", r.Dir, orNone(r.JournalID), r.Program, r.Name)
	if r.InUse != "" {
		fmt.Fprintf(w, "  in use by %s\n", r.InUse)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if len(r.Segments) > 0 {
		fmt.Fprintln(t, "  SEGMENT\tPOSITION\tBYTES\tRECORDS\tHOLES\tMISSING\tBAD BYTES\tOLDEST\tNEWEST\t")
	}
	for _, s := range r.Segments {
		fmt.Fprintf(t, "  %s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t\n", s.File, s.Base, s.Bytes, s.Records, s.Holes, s.Missing, s.BadBytes, stamp(s.Oldest), stamp(s.Newest))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(r.Cursors) > 0 {
		fmt.Fprintln(t, "  DESTINATION\tPOSITION\tPENDING AT MOST\tDELIVERED\tDROPPED\t")
	}
	for _, c := range r.Cursors {
		fmt.Fprintf(t, "  %s\t%d\t%d\t%d\t%d\t\n", c.Destination, c.Acked, c.Pending, c.Delivered, c.Dropped)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if r.Quarantine > 0 {
		fmt.Fprintf(w, "  quarantine: %d files\n", r.Quarantine)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(w, "  problem: %s\n", p)
	}
	if len(r.Problems) == 0 {
		fmt.Fprintln(w, "  no problems")
	}
	for i := range r.Private {
		if err := printCheck(w, &r.Private[i]); err != nil {
			return err
		}
	}
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "(unknown)"
	}
	return s
}

func stamp(unixNano int64) string {
	if unixNano == 0 {
		return "-"
	}
	return time.Unix(0, unixNano).UTC().Format("2006-01-02T15:04:05.000Z")
}

type catCmd struct {
	Dir      string `arg:"" type:"existingdir" help:"State directory."`
	Position bool   `help:"Print the position of each record and a tab before it."`
}

func (c *catCmd) Run() error {
	surviveBrokenPipes()
	f, err := format.New(format.JSONLines, format.Options{})
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(os.Stdout, 64<<10)
	var line []byte
	var n, unreadable int
	err = journal.Cat(c.Dir, func(e journal.Entry) error {
		var v record.View
		if err := v.Decode(e.Payload); err != nil {
			unreadable++
			note("position %d: %v", e.Position, err)
			return nil
		}
		n++
		line = line[:0]
		if c.Position {
			line = append(strconv.AppendUint(line, e.Position, 10), '\t')
		}
		line = f.Append(line, &v)
		_, err := out.Write(line)
		return err
	})
	if err := errors.Join(err, out.Flush()); err != nil {
		return err
	}
	if n == 0 || unreadable > 0 {
		return &exitError{code: exitFailure}
	}
	return nil
}

type repairCmd struct {
	Dir  string `arg:"" type:"existingdir" help:"State directory. No process may be using it."`
	JSON bool   `name:"json" help:"Print the report as JSON."`
}

func (c *repairCmd) Run() error {
	report, err := journal.Repair(c.Dir)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(os.Stdout, report)
	}
	printRepair(os.Stdout, &report)
	return nil
}

func printRepair(w io.Writer, r *journal.RepairReport) {
	fmt.Fprintf(w, "%s\n  %s\n", r.Dir, repairText(r))
	for _, n := range r.Notes {
		fmt.Fprintf(w, "  %s\n", n)
	}
	for i := range r.Private {
		printRepair(w, &r.Private[i])
	}
}

func repairText(r *journal.RepairReport) string {
	n := r.Recovery
	return fmt.Sprintf("%d records in %d segments, of which %d were read through; %d unfinished places marked, %d files set aside, %d records lost",
		n.Records, n.Segments, n.Scanned, n.Holes, n.SetAside, n.Lost)
}
