package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"
)

// tally is what a file holds, counted from its bytes alone.
type tally struct {
	lines      int // whole lines
	torn       int // a last line without an end, or lines that are no JSON
	notes      int // lines of the logger's own, without a seq
	distinct   int // different values of seq below the number of records
	duplicates int
	invented   int // seq that nobody logged
	seen       []bool
}

// missing is how many of the first n records the file does not hold.
func (t *tally) missing(n int) int {
	m := 0
	for _, ok := range t.seen[:min(n, len(t.seen))] {
		if !ok {
			m++
		}
	}
	return m + max(0, n-len(t.seen))
}

var seqField = []byte(`"` + keySeq + `":`)

// count reads the file that a logger wrote, in which seq may be 0 to limit-1.
func count(path string, limit int) (*tally, error) {
	t := &tally{seen: make([]bool, limit)}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return t, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			if len(line) > 0 {
				t.torn++
			}
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		t.line(line)
	}
}

func (t *tally) line(line []byte) {
	_, rest, found := bytes.Cut(line, seqField)
	end := bytes.IndexAny(rest, ",}")
	if !found || end < 0 {
		if json.Valid(line) {
			t.notes++
		} else {
			t.torn++
		}
		return
	}
	seq, err := strconv.Atoi(string(rest[:end]))
	t.lines++
	switch {
	case err != nil || seq < 0 || seq >= len(t.seen):
		t.invented++
	case t.seen[seq]:
		t.duplicates++
	default:
		t.seen[seq] = true
		t.distinct++
	}
}
