package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/state"
	"github.com/hydra-logger/hydra/deadletter"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

type deadLetterCmd struct {
	List   deadListCmd   `cmd:"" help:"Count the records that destinations did not take, by destination and reason."`
	Show   deadShowCmd   `cmd:"" help:"Print dead letters, the oldest first."`
	Replay deadReplayCmd `cmd:"" help:"Deliver dead letters again, with the configuration as it is now. What arrives is removed, what is rejected again stays. Exit code 1 if something stays."`
}

// deadSource says whose dead letters are meant.
type deadSource struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"Configuration of the logger, YAML or JSON."`
	Name   string `placeholder:"NAME" help:"Name of the logger, if the configuration has none: the service's program name."`
}

func (c *deadSource) load() (*state.Setup, error) {
	s, err := load(c.Config)
	if err != nil {
		return nil, err
	}
	if c.Name != "" && c.Name != s.Plan.Name {
		s.Config.Journal.Dir = s.Plan.Journal.Dir
		s.Plan.Name, s.Config.Name = c.Name, c.Name
		s.Dir = state.Dir(&s.Plan)
		if s.Dir != "" {
			if s.Dir, err = filepath.Abs(s.Dir); err != nil {
				return nil, err
			}
		}
		s.Config.Journal.Dir = s.Dir
	}
	if s.Dir == "" {
		return nil, &exitError{exitConfig, errors.New("this configuration has no state directory, so no dead letters are kept")}
	}
	return s, nil
}

func (c *deadSource) store(s *state.Setup, name string) (*deadletter.Store, error) {
	store, err := hydra.DeadLetters(*s.Config, name, everyType(hydra.WithEvents(event))...)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return store, nil
}

type deadListCmd struct {
	deadSource
	JSON bool `name:"json" help:"Print the counts as JSON."`
}

// deadCount is what there is of one destination.
type deadCount struct {
	Destination string         `json:"destination"`
	Records     uint64         `json:"records"`
	Bytes       int64          `json:"bytes"`
	Oldest      *time.Time     `json:"oldest,omitempty"`
	Reasons     map[string]int `json:"reasons,omitempty"` // by cause
}

func (c *deadListCmd) Run() error {
	s, err := c.load()
	if err != nil {
		return err
	}
	counts := []deadCount{}
	var errs []error
	for _, d := range s.Plan.Destinations {
		store, err := c.store(s, d.Name)
		if err != nil {
			return err
		}
		n, err := countDead(store, d.Name)
		errs = append(errs, err)
		if n.Records > 0 || n.Bytes > 0 {
			counts = append(counts, n)
		}
	}
	switch {
	case c.JSON:
		errs = append(errs, printJSON(os.Stdout, counts))
	case len(counts) > 0 || errors.Join(errs...) == nil: // else it is not known that there are none
		errs = append(errs, printDead(os.Stdout, counts))
	}
	return errors.Join(errs...)
}

func countDead(store *deadletter.Store, name string) (deadCount, error) {
	n := deadCount{Destination: name, Reasons: map[string]int{}}
	st, err := store.Stats()
	n.Records, n.Bytes = st.Letters, st.Bytes
	if !st.Oldest.IsZero() {
		n.Oldest = &st.Oldest
	}
	if err != nil {
		return n, err
	}
	return n, store.All(func(l deadletter.Letter) bool { n.Reasons[l.Cause]++; return true })
}

func printDead(w io.Writer, counts []deadCount) error {
	if len(counts) == 0 {
		_, err := fmt.Fprintln(w, "no dead letters")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "DESTINATION\tRECORDS\tBYTES\tOLDEST\tREASONS")
	for _, n := range counts {
		oldest := int64(0)
		if n.Oldest != nil {
			oldest = n.Oldest.UnixNano()
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%v\n", printable(n.Destination), n.Records, n.Bytes, stamp(oldest), strings.TrimPrefix(fmt.Sprint(n.Reasons), "map"))
	}
	return t.Flush()
}

type deadShowCmd struct {
	deadSource
	Destination string `arg:"" help:"Destination, as the configuration names it."`
	Limit       int    `short:"n" default:"0" placeholder:"N" help:"Most letters to print. Default: all."`
	JSON        bool   `name:"json" help:"Print one JSON object a letter."`
}

func (c *deadShowCmd) Run() error {
	s, err := c.load()
	if err != nil {
		return err
	}
	store, err := c.store(s, c.Destination)
	if err != nil {
		return err
	}
	f, err := format.New(format.JSONLines, format.Options{ID: true})
	if err != nil {
		return err
	}
	n := 0
	var printErr error
	err = store.All(func(l deadletter.Letter) bool {
		n++
		printErr = c.print(os.Stdout, f, &l)
		return printErr == nil && (c.Limit <= 0 || n < c.Limit)
	})
	return errors.Join(err, printErr)
}

// shownLetter is a letter as JSON.
type shownLetter struct {
	ID     string          `json:"id"`
	Died   time.Time       `json:"died"`
	Cause  string          `json:"cause"`
	Reason string          `json:"reason"`
	Tries  int             `json:"tries"`
	Record json.RawMessage `json:"record,omitempty"`
}

func (c *deadShowCmd) print(w io.Writer, f format.Formatter, l *deadletter.Letter) error {
	text := recordText(f, l)
	if c.JSON {
		line, err := json.Marshal(shownLetter{format.RecordID(l.Journal, l.Position), l.Died.UTC(), l.Cause, l.Reason, l.Tries, json.RawMessage(text)})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n", line)
		return err
	}
	_, err := fmt.Fprintf(w, "%s  %s  %s after %d tries: %s\n  %s\n", l.Died.UTC().Format(time.RFC3339), format.RecordID(l.Journal, l.Position),
		printable(l.Cause), l.Tries, printable(l.Reason), orNone(text))
	return err
}

// recordText is the record as a JSON line, which holds no control characters; "" when it can't be decoded.
func recordText(f format.Formatter, l *deadletter.Letter) string {
	var v record.View
	if v.Decode(l.Raw) != nil {
		return ""
	}
	v.Journal, v.Position = l.Journal, l.Position
	return strings.TrimSuffix(string(f.Append(nil, &v)), "\n")
}

type deadReplayCmd struct {
	deadSource
	Destination string        `arg:"" help:"Destination, as the configuration names it."`
	DryRun      bool          `help:"Say what would be delivered, and deliver nothing."`
	Cause       string        `placeholder:"CAUSE" enum:",rejected,gave_up" default:"" help:"Only letters of this cause: rejected or gave_up."`
	ID          []string      `name:"id" help:"Only records of these ids, as show prints them."`
	Timeout     time.Duration `default:"5m" help:"Longest time to try; 0 for no limit."`
}

func (c *deadReplayCmd) Run() error {
	s, err := c.load()
	if err != nil {
		return err
	}
	store, err := c.store(s, c.Destination)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.dryRun(store)
	}
	surviveBrokenPipes()
	ctx, cancel := context.Background(), func() {}
	if c.Timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
	}
	defer cancel()
	out, err := hydra.ReplayDeadLetters(ctx, *s.Config, c.Destination, c.wants, everyType(hydra.WithEvents(event))...)
	note("%d dead letters of destination %s: %d delivered and removed, %d rejected again", out.Letters, printable(c.Destination), out.Delivered, len(out.Failed))
	for id, reason := range out.Failed {
		note("  %s: %s", format.RecordID(id.Journal, id.Position), printable(reason))
	}
	if err != nil || len(out.Failed) > 0 {
		return &exitError{exitFailure, err}
	}
	return nil
}

func (c *deadReplayCmd) dryRun(store *deadletter.Store) error {
	r, err := store.NewReplay(c.wants)
	if err != nil {
		return err
	}
	_, bytes, _ := r.Pending()
	note("%d dead letters of destination %s would be delivered, %d bytes as records", r.Len(), printable(c.Destination), bytes)
	return nil
}

func (c *deadReplayCmd) wants(l *deadletter.Letter) bool {
	if c.Cause != "" && l.Cause != c.Cause {
		return false
	}
	if len(c.ID) == 0 {
		return true
	}
	id := format.RecordID(l.Journal, l.Position)
	for _, want := range c.ID {
		if want == id {
			return true
		}
	}
	return false
}

// printable makes text from outside safe for a terminal: it has no line breaks and no control characters.
func printable(s string) string {
	quoted := strconv.Quote(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}
