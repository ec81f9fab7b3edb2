package journal

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// RepairReport is what [Repair] did in one directory.
type RepairReport struct {
	Dir      string
	Recovery RecoveryReport
	Notes    []string       // what was found and done, in words
	Private  []RepairReport // of processes that found the directory in use; those that live are left out
}

// Repair does to a state directory what the next start of its program would do first: it marks what was never
// finished, seals segments, copies what can't be read into the quarantine and writes a new JOURNAL if it was lost.
// It removes no record. It returns [ErrBusy] while a process holds the directory.
func Repair(dir string) (RepairReport, error) { return repair(vfs.OS{}, dir) }

func repair(fsys vfs.FS, dir string) (RepairReport, error) {
	report := RepairReport{Dir: dir}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return report, err
	}
	d, err := openStored(fsys, dir)
	if err != nil {
		return report, err
	}
	o := Options{FS: fsys, Program: d.identity.body.Program, Name: d.identity.body.Name, Destinations: d.identity.body.Destinations}
	if fields, err := readLock(fsys, filepath.Join(dir, lockFileName)); err == nil && !d.stored {
		o.Program, o.Name = fields["program"], fields["name"]
	}
	o.setDefaults()
	h, err := lockHome(&o, dir, dir)
	if err != nil {
		return report, err
	}
	r, err := recoverHome(h, &o)
	if err != nil {
		return report, errors.Join(err, h.lock.Close())
	}
	report.Recovery = r.report
	for _, e := range r.events {
		report.Notes = append(report.Notes, e.String())
	}
	var errs []error
	for _, sub := range d.private {
		p, err := repair(fsys, sub)
		switch {
		case err == nil:
			report.Private = append(report.Private, p)
		case !errors.Is(err, ErrBusy):
			errs = append(errs, err)
		}
	}
	return report, errors.Join(append(errs, h.lock.Close())...)
}

// String is one line for a person.
func (e Event) String() string {
	text := e.Text
	if e.File != "" {
		text = e.File + ": " + text
	}
	if e.Err != nil {
		text = fmt.Sprintf("%s (%v)", text, e.Err)
	}
	return text
}
