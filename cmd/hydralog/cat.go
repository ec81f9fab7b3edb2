package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hydra-logger/hydra/destination/filedest/rotate"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// compactCmd is cat: it prints what the formats binary-compact and binary-extended have written.
type compactCmd struct {
	Format string   `default:"json-lines" placeholder:"NAME" help:"Format to print in: plain-text, logfmt, csv, … Default: json-lines."`
	Schema string   `placeholder:"NAME" help:"Names of the fields of json and json-lines: flat, hydra, slog, zap, zerolog, otel, ecs, gcp, datadog or aws. Default: flat." enum:",flat,hydra,slog,zap,zerolog,otel,ecs,gcp,datadog,aws" default:""`
	ID     bool     `help:"Print the id of each record."`
	Files  []string `arg:"" optional:"" name:"file" help:"Files of format binary-compact or binary-extended, also compressed with gzip or zstd; standard input when none is given, and for -."`
}

func (c *compactCmd) Help() string {
	return "Damage in a file is passed over, and said on standard error with its place (in what was compressed, where the file is); the exit code is 1 then. Files of format binary-extended are printed as json-lines."
}

func (c *compactCmd) Run() error {
	f, err := format.New(c.Format, format.Options{ID: c.ID, Schema: c.Schema})
	if err != nil {
		return &exitError{exitUsage, err}
	}
	out := bufio.NewWriterSize(os.Stdout, 64<<10)
	if h, ok := f.(format.Headed); ok {
		if _, err := out.Write(h.Header()); err != nil {
			return err
		}
	}
	files := c.Files
	if len(files) == 0 {
		files = []string{"-"}
	}
	var errs []error
	for _, name := range files {
		errs = append(errs, catFile(out, c, f, name))
	}
	return errors.Join(append(errs, out.Flush())...)
}

func catFile(out *bufio.Writer, c *compactCmd, f format.Formatter, name string) error {
	in := os.Stdin
	if name != "-" {
		var err error
		if in, err = os.Open(name); err != nil {
			return err
		}
		defer in.Close()
	}
	plain, err := rotate.Plain(in)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer plain.Close()
	b := bufio.NewReader(plain)
	var n int
	var damages []format.Damage
	if first, _ := b.Peek(1); len(first) == 1 && first[0] == mapOfCBOR {
		n, damages, err = c.catExtended(out, b)
	} else {
		n, damages, err = catCompact(out, f, b)
	}
	if err != nil {
		err = fmt.Errorf("%s: behind %d records: %w", name, n, err)
	}
	return errors.Join(err, damageError(name, n, damages))
}

// mapOfCBOR is the first byte of a file of format binary-extended; binary-compact begins with "HLR1".
const mapOfCBOR = 0xbf

func catCompact(out *bufio.Writer, f format.Formatter, in io.Reader) (n int, _ []format.Damage, err error) {
	r := format.NewCompactReader(in)
	var v record.View
	var line []byte
	for ; ; n++ {
		if err = r.Next(&v); err != nil {
			break
		}
		line = f.Append(line[:0], &v)
		if _, err = out.Write(line); err != nil {
			return n, nil, err
		}
	}
	return n, r.Damages(), noEOF(err)
}

// catExtended prints as JSON lines: the records are described by themselves, and have the names that they were written with.
func (c *compactCmd) catExtended(out *bufio.Writer, in io.Reader) (n int, _ []format.Damage, err error) {
	if c.Format != "json-lines" || c.Schema != "" {
		return 0, nil, &exitError{exitUsage, errors.New("a file of format binary-extended is printed as json-lines, with the names that it has")}
	}
	r := format.NewExtendedReader(in)
	for ; ; n++ {
		var line []byte
		if line, err = r.Next(); err != nil {
			break
		}
		if _, err = out.Write(line); err != nil {
			return n, nil, err
		}
	}
	return n, r.Damages(), noEOF(err)
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// damageError says where a file is damaged.
func damageError(name string, records int, all []format.Damage) error {
	if len(all) == 0 {
		return nil
	}
	var total int64
	var places []string
	for _, d := range all {
		total += d.Bytes
		places = append(places, fmt.Sprintf("%d at byte %d", d.Bytes, d.Offset))
	}
	if len(places) > 20 {
		places = append(places[:20], fmt.Sprintf("and in %d more places", len(all)-20))
	}
	return fmt.Errorf("%s: %d bytes are damaged and were passed over; %d records are whole: %s", name, total, records, strings.Join(places, ", "))
}
