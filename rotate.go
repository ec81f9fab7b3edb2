package hydra

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
)

var errNothingRotates = errors.New("hydra: no file rotates: write max_size, rotate_at or another option of rotation")

// Rotate puts away what the file destinations have written so far, those that have an option of rotation in the
// configuration. What is accepted and not delivered yet comes into the next files: call [Logger.Flush] before, where
// that matters. A file without records stays. The error names each destination that could not be rotated; it goes on to be
// written, and is rotated later.
func (l *Logger) Rotate(ctx context.Context) error {
	if l == nil || l.e == nil {
		return nil
	}
	if l.e.closing.Err() != nil {
		return ErrClosed
	}
	var errs []error
	found := false
	for _, d := range l.e.dests() {
		r, ok := d.driver.(destination.Rotator)
		if !ok || d.cfg.Type == config.TypeFile && d.cfg.Rotation == nil {
			continue
		}
		found = true
		if err := r.Rotate(orBackground(ctx)); err != nil {
			errs = append(errs, fmt.Errorf("hydra: destination %q: rotate: %w", d.cfg.Name, err))
		}
	}
	if !found {
		return errNothingRotates
	}
	return errors.Join(errs...)
}

// RotatedFile is what [RotateFiles] did with one file.
type RotatedFile struct {
	Destination string
	Path        string
	Rotated     bool // false: it is not there, or has no record
	Err         error
}

// RotateFiles rotates the files of a configuration without a logger, also while a program writes them: it follows
// with its next write, unless the configuration says shared: false. Old files are left to that program: it compresses them
// and removes those that are too many, then or when it starts. The error is that of the configuration.
func RotateFiles(ctx context.Context, cfg Config) ([]RotatedFile, error) {
	plan, err := config.Resolve(&cfg)
	if err != nil {
		return nil, err
	}
	var out []RotatedFile
	for _, d := range plan.Destinations {
		if d.Type == config.TypeFile && d.Rotation != nil {
			out = append(out, rotateFile(orBackground(ctx), d))
		}
	}
	if len(out) == 0 {
		return nil, errNothingRotates
	}
	return out, nil
}

func rotateFile(ctx context.Context, d config.ResolvedDestination) RotatedFile {
	r := RotatedFile{Destination: d.Name, Path: d.Path}
	before, err := os.Stat(d.Path)
	if errors.Is(err, os.ErrNotExist) {
		return r
	}
	driver, err := newFile(ctx, d)
	if err != nil {
		r.Err = err
		return r
	}
	r.Err = errors.Join(driver.(destination.Rotator).Rotate(ctx), driver.Close(ctx))
	after, err := os.Stat(d.Path)
	r.Rotated = err == nil && before != nil && !os.SameFile(before, after)
	return r
}
