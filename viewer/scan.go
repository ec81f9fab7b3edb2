package viewer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
	"github.com/hydra-logger/hydra/viewer/lines"
)

const (
	maxLine   = 8 << 20   // bytes; a longer line becomes several entries
	maxWindow = 128 << 20 // bytes of a zstd window
	readSize  = 256 << 10
)

// Files lists the regular files that paths name: a folder stands for the files below it, but for hidden ones, in the order of their names.
// What is not there or can't be read is in the error; the others are listed all the same.
func Files(paths []string) ([]string, error) {
	var all []string
	var errs []error
	for _, path := range paths {
		err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				errs = append(errs, err)
				if d != nil && d.IsDir() {
					return filepath.SkipDir
				}
			case name != path && strings.HasPrefix(d.Name(), "."):
				if d.IsDir() {
					return filepath.SkipDir
				}
			case d.Type().IsRegular() || name == path && !d.IsDir():
				all = append(all, name)
			}
			return nil
		})
		errs = append(errs, err)
	}
	return all, errors.Join(errs...)
}

// Scan reads a stream of log lines, which may be compressed with gzip or zstd, and calls each with the entries that may
// be about want: a line that does not hold its text is not parsed. An empty want means every entry. The entry is valid during the call.
// An error of the stream comes after the entries before it.
func Scan(in io.Reader, name, want string, each func(*Entry)) error {
	plain, done, err := decompress(bufio.NewReaderSize(in, readSize))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer done()
	s := &scan{name: name, service: serviceOf(name), want: newNeedle(want), each: each}
	r := bufio.NewReaderSize(plain, readSize)
	head, _ := r.Peek(64)
	switch {
	case bytes.HasPrefix(head, []byte("HLR1")):
		err = s.compact(r)
	case bytes.HasPrefix(head, []byte{mapOfCBOR}):
		err = s.extended(r)
	default:
		err = s.text(r)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func decompress(r *bufio.Reader) (plain io.Reader, done func(), err error) {
	head, _ := r.Peek(4)
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(r)
		return z, func() {}, err
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}
	return r, func() {}, nil
}

// serviceOf is what a file's name says of who wrote it: the name before its first dot.
func serviceOf(name string) string {
	base := filepath.Base(name)
	if before, _, ok := strings.Cut(base, "."); ok && before != "" {
		base = before
	}
	return base
}

// scan is one stream.
type scan struct {
	name, service string
	want          needle
	each          func(*Entry)
	line          int64
	csv           []string // columns of a file of format csv
	last          time.Time
}

// text reads lines, and puts the lines of stack traces together.
func (s *scan) text(r io.Reader) error {
	buf := make([]byte, readSize)
	split := lines.Splitter{Max: maxLine, Emit: s.unit}
	split.Start(0)
	for {
		n, err := r.Read(buf)
		split.Write(buf[:n])
		if err != nil {
			split.End()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

func (s *scan) unit(u lines.Unit) {
	first := s.line + 1
	if u.Part <= 1 {
		s.line += 1 + int64(bytes.Count(u.Text, []byte("\n")))
	} else {
		first = s.line
	}
	text := bytes.Trim(u.Text, "\x00\r") // GELF may end with a zero byte
	if first == 1 && bytes.HasPrefix(text, []byte(csvColumns)) {
		s.csv = strings.Split(string(text), ",")
		return
	}
	if len(text) == 0 || !s.want.in(text) {
		return
	}
	e := Entry{File: s.name, Line: first, Service: s.service}
	if s.csv == nil || !parseCSV(&e, s.csv, text) {
		ParseLine(&e, text)
	}
	s.give(&e)
}

// give passes an entry on. One without a time gets that of the entry before it.
func (s *scan) give(e *Entry) {
	if e.Time.IsZero() {
		e.Time = s.last
	}
	s.last = e.Time
	e.Message = short(e.Message, maxMessage)
	s.each(e)
}

// compact reads binary-compact.
func (s *scan) compact(r io.Reader) error {
	frames := format.NewCompactReader(r)
	f, err := format.New("json-lines", format.Options{ID: true})
	if err != nil {
		return err
	}
	var v record.View
	var line []byte
	for {
		err := frames.Next(&v)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		line = f.Append(line[:0], &v)
		s.unit(lines.Unit{Text: bytes.TrimSuffix(line, []byte("\n"))})
	}
	if d := frames.Damaged(); d > 0 {
		return fmt.Errorf("%d bytes are damaged and were passed over", d)
	}
	return nil
}

// mapOfCBOR is the first byte of a file of format binary-extended; no text begins with it.
const mapOfCBOR = 0xbf

// extended reads binary-extended.
func (s *scan) extended(r io.Reader) error {
	items := format.NewExtendedReader(r)
	for {
		line, err := items.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		s.unit(lines.Unit{Text: bytes.TrimSuffix(line, []byte("\n"))})
	}
	var passed int64
	for _, d := range items.Damages() {
		passed += d.Bytes
	}
	if passed > 0 {
		return fmt.Errorf("%d bytes are damaged and were passed over", passed)
	}
	return nil
}

// ParseLine reads one line without its end, or the lines of one stack trace, into e, whose File, Line and Service are set. It accepts any bytes.
func ParseLine(e *Entry, text []byte) {
	file := e.Service
	parseLine(e, text)
	if e.Service == file && !e.named && e.Layer != "" && e.Logger != "" {
		e.Service, _, _ = strings.Cut(e.Logger, ".") // Hydra-Logger's own: payments.refunds is a logger of payments
	}
}

func parseLine(e *Entry, text []byte) {
	text = containerLine(e, text)
	r := lines.Parse(text)
	if !r.JSON {
		parseText(e, text)
		return
	}
	if inner := strings.TrimSpace(r.Message); strings.HasPrefix(inner, "{") && json.Valid([]byte(inner)) {
		e.Time = r.Time
		parseJSON(e, lines.Parse([]byte(inner))) // a runtime of containers wrapped the line
		return
	}
	parseJSON(e, r)
}

func parseJSON(e *Entry, r lines.Record) {
	if !r.Time.IsZero() {
		e.Time = r.Time
	}
	e.Level, e.HasLevel, e.Layer, e.Message = r.Level, r.HasLevel, r.Layer, r.Message
	for _, a := range r.Attrs {
		if raw, ok := a.Value.Any().(json.RawMessage); ok {
			flatten(a.Key, raw, 0, e.set)
			continue
		}
		e.set(a.Key, a.Value.String())
	}
}

// containerLine takes the head that Kubernetes puts before each line (CRI): time, stdout or stderr, F.
func containerLine(e *Entry, text []byte) []byte {
	head, rest, ok := bytes.Cut(text, []byte(" F "))
	if !ok || len(head) > 64 {
		return text
	}
	when, stream, _ := strings.Cut(string(head), " ")
	if stream != "stdout" && stream != "stderr" {
		return text
	}
	t, ok := lines.Time(when)
	if !ok {
		return text
	}
	e.Time = t
	return rest
}

// needle finds an id in bytes.
type needle struct {
	id      []byte
	escaped bool // JSON may write it in other bytes
}

func newNeedle(id string) needle {
	return needle{[]byte(id), strings.ContainsFunc(id, func(r rune) bool {
		return !(r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.:", r))
	})}
}

func (n needle) in(text []byte) bool {
	return bytes.Contains(text, n.id) || n.escaped && bytes.IndexByte(text, '\\') >= 0
}

// is reports whether the entry is about an id: one of its ids or fields is it, or its message names it as a word.
func (e *Entry) is(id string) bool {
	ids := []string{e.IDs.Correlation, e.IDs.Trace, e.IDs.Message, e.IDs.Causation}
	if slices.Contains(ids, id) {
		return true
	}
	for _, f := range e.Fields {
		if f.Value == id {
			return true
		}
	}
	return hasWord(e.Message, id)
}

func hasWord(s, word string) bool {
	for at := 0; ; {
		i := strings.Index(s[at:], word)
		if i < 0 {
			return false
		}
		begin := at + i
		end := begin + len(word)
		if (begin == 0 || !isWord(s[begin-1])) && (end == len(s) || !isWord(s[end])) {
			return true
		}
		at = begin + 1
	}
}

func isWord(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c >= 0x80
}

// File reads a file into the story; "-" is standard input.
func (s *Story) File(name string) error {
	if name == "-" {
		return s.Read(os.Stdin, "standard input")
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return s.Read(f, name)
}

// Read reads a stream into the story. What could be read before an error is in the story.
func (s *Story) Read(r io.Reader, name string) error { return Scan(r, name, s.id, s.Add) }
