package main

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"
)

const (
	exitRecords = 5000
	killRecords = 100_000_000 // more than a child logs before it is killed
	killWindow  = 150 * time.Millisecond
	childBound  = 30 * time.Second
)

// losses adds up what runs of one peer lost.
type losses struct {
	accepted, atOnce, lost, worst, extra int
}

func (l *losses) add(accepted, atOnce, lost, extra int) {
	l.accepted += accepted
	l.atOnce += atOnce
	l.lost += lost
	l.worst = max(l.worst, lost)
	l.extra += extra
}

func (r *run) kill() error {
	if err := r.lossTable(logUntilKilled, fmt.Sprintf("Killed with SIGKILL while logging, %d times", r.sizes.kills), r.sizes.kills); err != nil {
		return err
	}
	return r.lossTable(logAndExit, fmt.Sprintf("os.Exit after %d records, without Close", exitRecords), 3)
}

func (r *run) lossTable(what, title string, times int) error {
	t := &table{Name: "kill", Title: title,
		Notes: []string{"Accepted is counted by the child after each call in memory that the parent owns; lost from the file. hydra's file is read at once and, for lost, after the next start, which delivers."},
		Columns: []column{{"accepted", "%.0f"}, {"not in the file at once", "%.0f"}, {"lost", "%.0f"}, {"lost %", "%.3f"},
			{"worst run", "%.0f"}, {"extra", "%.0f"}}}
	ps := r.selected(func(p *peer) bool { return p.toFile != nil && !p.slog })
	sums := make([]losses, len(ps))
	err := turns(times, len(ps), func(i int) error {
		if err := r.loseOnce(ps[i], what, &sums[i]); err != nil {
			return fmt.Errorf("%s: %w", ps[i].name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, p := range ps {
		l := sums[i]
		t.add(p.name, figure(l.accepted), figure(l.atOnce), figure(l.lost), figure(100*float64(l.lost)/float64(l.accepted)), figure(l.worst), figure(l.extra))
		if p.hydra {
			r.checks = append(r.checks, atMost("lost or too many, "+title, float64(l.lost+l.extra), 0))
		}
	}
	r.add(t)
	return nil
}

// loseOnce runs a child that ends badly and counts what it left.
func (r *run) loseOnce(p *peer, what string, sum *losses) error {
	dir, remove, err := r.scratch()
	if err != nil {
		return err
	}
	defer remove()
	path := filepath.Join(dir, "app.jsonl")
	accepted, err := endBadly(p, what, path, dir)
	if err != nil {
		return err
	}
	first, err := count(p.wrote(path), accepted+1)
	if err != nil {
		return err
	}
	last := first
	if p.hydra {
		cmd, err := childCommand(openAndClose, p.name, path, dir, 0)
		if err != nil {
			return err
		}
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("the next start: %w", err)
		}
		if last, err = count(p.wrote(path), accepted+1); err != nil {
			return err
		}
	}
	extra := last.duplicates + last.invented
	if p.hydra {
		extra += last.torn
	}
	sum.add(accepted, first.missing(accepted), last.missing(accepted), extra)
	return nil
}

// endBadly returns how many records the child accepted before its end.
func endBadly(p *peer, what, path, dir string) (int, error) {
	c, err := openCounter(filepath.Join(dir, "accepted"))
	if err != nil {
		return 0, err
	}
	defer c.close()
	records := killRecords
	if what == logAndExit {
		records = exitRecords
	}
	cmd, err := childCommand(what, p.name, path, dir, records)
	if err != nil {
		return 0, err
	}
	if what == logAndExit {
		err = cmd.Run()
	} else {
		err = killLater(cmd, c)
	}
	return int(atomic.LoadUint64(c.value())), err
}

// killLater starts a child and kills it at a random instant after its first record.
func killLater(cmd *exec.Cmd, c *counter) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	for bound := time.Now().Add(childBound); atomic.LoadUint64(c.value()) == 0; {
		if time.Now().After(bound) {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return fmt.Errorf("no record within %s", childBound)
		}
		time.Sleep(time.Millisecond)
	}
	time.Sleep(rand.N(killWindow))
	if err := cmd.Process.Kill(); err != nil {
		return err
	}
	_ = cmd.Wait() // "signal: killed"
	return nil
}
