// Package count checks what a demo run left in files. It knows nothing of the
// logger: it reads the calls that the service noted, and the lines of the
// destinations, and compares them.
package count

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
)

// ID is one log call: the worker that made it and its number.
type ID struct{ Worker, Number int }

// Scan calls seen with the id of every line of a file that has one. The ids are "g":1,"n":2 in JSON and g=1 n=2 in text.
func Scan(path string, seen func(ID)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := r.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			return fmt.Errorf("%s: a line longer than any that was logged", path)
		}
		if id, ok := idOf(line); ok {
			seen(id)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// idOf reads the id of a whole line: one without its end is not delivered.
func idOf(line []byte) (ID, bool) {
	if !bytes.HasSuffix(line, []byte("\n")) {
		return ID{}, false
	}
	for _, form := range [][2]string{{`"g":`, `"n":`}, {"g=", "n="}} {
		worker, ok1 := number(line, form[0])
		n, ok2 := number(line, form[1])
		if ok1 && ok2 {
			return ID{worker, n}, true
		}
	}
	return ID{}, false
}

// number reads the digits behind the last place where key begins a word; terminal codes may lie in between.
func number(line []byte, key string) (int, bool) {
	i := bytes.LastIndex(line, []byte(key))
	if i < 0 {
		return 0, false
	}
	rest := line[i+len(key):]
	for len(rest) > 0 && rest[0] == 0x1b {
		end := bytes.IndexByte(rest, 'm')
		if end < 0 {
			return 0, false
		}
		rest = rest[end+1:]
	}
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(string(rest[:end]))
	return n, err == nil
}

// Result is the account of one destination.
type Result struct {
	Accepted  int // calls that returned
	Delivered int // of them, how many are in the file
	Lost      int // of them, how many are not
	CutOff    int // calls that the kill cut off and that are in the file all the same
	Doubled   int // lines beyond the first of each call
	Invented  int // lines of calls that were never made
}

// Compare checks the lines of a file against the calls that should be in it. Calls maps each to whether it returned.
func Compare(path string, calls map[ID]bool) (Result, error) {
	lines := make(map[ID]int, len(calls))
	if err := Scan(path, func(id ID) { lines[id]++ }); err != nil {
		return Result{}, err
	}
	var r Result
	for id, returned := range calls {
		n := lines[id]
		switch {
		case returned:
			r.Accepted++
			r.Delivered += min(n, 1)
			r.Lost += 1 - min(n, 1)
		case n > 0:
			r.CutOff++
		}
		r.Doubled += max(n-1, 0)
	}
	for id, n := range lines {
		if _, ok := calls[id]; !ok {
			r.Invented += n
		}
	}
	return r, nil
}
