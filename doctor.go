package hydra

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/internal/vfs"
	"github.com/hydra-logger/hydra/journal"
)

// Verdict is the outcome of one check.
type Verdict string

// The verdicts.
const (
	VerdictOK   Verdict = "ok"
	VerdictNote Verdict = "note" // it works, and somebody should know this
	VerdictFail Verdict = "fail"
)

// Finding is the outcome of one check of [Diagnose], in words that hold no credential.
type Finding struct {
	Subject string  `json:"subject"`
	Verdict Verdict `json:"verdict"`
	Text    string  `json:"text"`
}

// Diagnosis is what [Diagnose] has found out.
type Diagnosis struct {
	Name     string    `json:"name"`
	Findings []Finding `json:"findings"`
	// Survives and DoesNotSurvive say what the promise about accepted records comes to on this machine.
	Survives       string `json:"survives"`
	DoesNotSurvive string `json:"does_not_survive"`
}

// OK reports whether nothing has failed.
func (d *Diagnosis) OK() bool {
	for _, f := range d.Findings {
		if f.Verdict == VerdictFail {
			return false
		}
	}
	return true
}

func (d *Diagnosis) add(subject string, v Verdict, format string, args ...any) {
	d.Findings = append(d.Findings, Finding{Subject: subject, Verdict: v, Text: fmt.Sprintf(format, args...)})
}

// Diagnose tries out a configuration on this machine without logging anything: it makes the driver of every destination,
// connects to and authenticates at those that can be probed, and looks at the state directory: permissions, who
// holds it, file system, free space, how the journal would be kept. ctx bounds the probes, and each has the
// destination's time limit. The error says that the configuration itself can't be used.
func Diagnose(ctx context.Context, cfg Config, opts ...Option) (*Diagnosis, error) {
	o := collect(opts)
	plan, err := config.Resolve(&cfg, o.typeNames()...)
	if err != nil {
		return nil, err
	}
	dir, err := plan.StateDir()
	if err != nil {
		return nil, err
	}
	e := newIdleEngine(&plan, o, dir)
	e.stateDir = dir
	defer e.begin()
	d := &Diagnosis{Name: plan.Name}
	for _, w := range plan.Warnings {
		d.add("configuration", VerdictNote, "%s", w)
	}
	for i := range plan.Destinations {
		e.addDest(newDest(plan.Destinations[i]))
	}
	if _, err := fallbacksFirst(e.dests()); err != nil {
		return nil, err
	}
	e.diagnoseState(d)
	for _, dst := range e.dests() {
		e.diagnoseDestination(ctx, d, dst)
	}
	return d, nil
}

func (e *engine) diagnoseState(d *Diagnosis) {
	const subject = "state directory"
	if e.stateDir == "" {
		d.Survives, d.DoesNotSurvive = "nothing", "the end of the process, for what waits for a destination that is not local"
		why := "set journal.dir or HYDRA_STATE_DIR"
		if e.plan().Mode == config.ModeSync {
			d.Survives = "everything that ends the process: destinations are written before the call returns"
			why = "mode sync needs none"
		}
		d.add(subject, VerdictNote, "there is none: %s", why)
		return
	}
	place, missing := nearest(e.stateDir)
	if missing {
		d.add(subject, VerdictOK, "%s is made by the first start", e.stateDir)
	} else {
		diagnoseMode(d, subject, e.stateDir)
		diagnoseHolder(d, subject, e.stateDir)
	}
	if err := tryWrite(place); err != nil {
		d.add(subject, VerdictFail, "this user can't write there: %v", err)
	}
	e.diagnoseFileSystem(d, subject, place)
	if !d.OK() { // destinations come later: it was the state directory
		d.Survives, d.DoesNotSurvive = "nothing, as long as the state directory can't be used", "the end of the process, for what waits for a destination that is not local"
	}
}

// nearest is the path, or what exists of the directories above it.
func nearest(path string) (existing string, missing bool) {
	for existing = path; ; existing, missing = filepath.Dir(existing), true {
		if _, err := os.Stat(existing); err == nil || filepath.Dir(existing) == existing {
			return existing, missing
		}
	}
}

func diagnoseMode(d *Diagnosis, subject, dir string) {
	info, err := os.Lstat(dir)
	if err != nil {
		d.add(subject, VerdictFail, "%v", err)
		return
	}
	perm := info.Mode().Perm()
	switch {
	case !info.IsDir():
		d.add(subject, VerdictFail, "%s is not a directory, which a start refuses", dir)
	case perm&0o022 != 0:
		d.add(subject, VerdictFail, "%s can be written to by others (mode %04o), which a start refuses: chmod 0700 it", dir, perm)
	case !ownedByUs(info):
		d.add(subject, VerdictFail, "%s belongs to another user, which a start refuses: chown it, or name another directory", dir)
	case perm&0o077 != 0:
		d.add(subject, VerdictNote, "%s can be listed by others (mode %04o); the files in it can't be read by them", dir, perm)
	default:
		d.add(subject, VerdictOK, "%s, mode %04o", dir, perm)
	}
}

func diagnoseHolder(d *Diagnosis, subject, dir string) {
	if _, err := os.Lstat(filepath.Join(dir, "LOCK")); errors.Is(err, os.ErrNotExist) {
		return // nobody has used it yet
	}
	r, err := journal.Check(dir)
	if err != nil {
		d.add(subject, VerdictFail, "%v", err)
		return
	}
	for _, p := range r.Problems {
		d.add(subject, VerdictFail, "journal: %s", p)
	}
	if r.InUse != "" {
		d.add(subject, VerdictOK, "in use by %s; another process gets a directory of its own inside", r.InUse)
	}
	records := uint64(0)
	for _, s := range r.Segments {
		records += s.Records
	}
	if records > 0 && r.InUse == "" {
		d.add(subject, VerdictNote, "an earlier run has left %d records at most: the next start, or hydralog recover, delivers them", records)
	}
}

// tryWrite makes a file and removes it.
func tryWrite(dir string) error {
	f, err := os.CreateTemp(dir, ".hydra-doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func (e *engine) diagnoseFileSystem(d *Diagnosis, subject, place string) {
	u, err := vfs.OS{}.Usage(place)
	if err != nil {
		d.add(subject, VerdictFail, "file system of %s: %v", place, err)
		return
	}
	backend := "files are mapped"
	if !u.MapSafe || e.plan().Journal.Backend == config.BackendWrite {
		backend = "files are written, one system call a record: mapping is not safe there, or not wanted"
	}
	d.add(subject, VerdictOK, "file system %s, %d MiB free of %d MiB; %s", orUnknown(u.Kind), u.Free>>20, u.Total>>20, backend)
	if least := int64(64 << 20); u.Free < least {
		d.add(subject, VerdictNote, "there is little room for records that wait: %d MiB", u.Free>>20)
	}
	level := journal.DurabilityProcess
	if e.plan().Journal.Durability == config.DurabilityInterval {
		level = journal.DurabilityInterval
	}
	d.Survives, d.DoesNotSurvive = survival(level, e.plan().Journal.Interval)
	if !u.Survives {
		d.DoesNotSurvive += "; a restart of the machine or container, which forgets this file system"
		d.add(subject, VerdictNote, "a restart of the machine or container forgets what is on %s: use a volume", orUnknown(u.Kind))
	}
}

func orUnknown(kind string) string {
	if kind == "" {
		return "of an unknown kind"
	}
	return kind
}

func (e *engine) diagnoseDestination(ctx context.Context, d *Diagnosis, dst *dest) {
	subject := "destination " + dst.cfg.Name
	driver, err := e.makeDriver(&dst.cfg)
	if err != nil {
		d.add(subject, VerdictFail, "%v", err)
		return
	}
	defer func() { _ = driver.Close(e.closing) }()
	dst.setDriver(driver)
	if _, err := e.formatterOf(dst); err != nil {
		d.add(subject, VerdictFail, "%v", err)
		return
	}
	target := dst.target()
	if p, ok := driver.(destination.Prober); ok {
		e.diagnoseProbe(ctx, d, subject, target, dst, p)
		return
	}
	if dst.cfg.Path != "" {
		if err := tryFile(dst.cfg.Path); err != nil {
			d.add(subject, VerdictFail, "%s: %v", target, err)
			return
		}
	}
	if dst.local {
		d.add(subject, VerdictOK, "%s", target)
		return
	}
	d.add(subject, VerdictNote, "%s: can't be tried without delivering a record", target)
}

func (e *engine) diagnoseProbe(ctx context.Context, d *Diagnosis, subject, target string, dst *dest, p destination.Prober) {
	limit := dst.cfg.Network.Timeout
	if limit <= 0 {
		limit = deliveryTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	start := time.Now()
	err := p.Probe(ctx)
	if a, ok := p.(destination.Authenticator); ok && err == nil {
		err = a.Authenticate(ctx)
	}
	if err != nil {
		d.add(subject, VerdictFail, "%s: %s", target, strings.TrimPrefix(err.Error(), target+": "))
		return
	}
	d.add(subject, VerdictOK, "%s answers, after %v", target, time.Since(start).Round(time.Millisecond))
}

// tryFile finds out whether a log file can be written.
func tryFile(path string) error {
	if _, err := os.Stat(path); err == nil {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		return f.Close()
	}
	place, _ := nearest(filepath.Dir(path))
	return tryWrite(place)
}
