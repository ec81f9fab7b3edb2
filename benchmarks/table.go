package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
)

// figure is a number of a table; NaN is "not measured", null in JSON.
type figure float64

func (f figure) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(f))
}

var none = figure(math.NaN())

// column says how its figures are printed.
type column struct {
	Name   string `json:"name"`
	format string // of fmt, for a float64
}

type row struct {
	Name    string   `json:"name"`
	Figures []figure `json:"figures"`
}

// table is one part of the report.
type table struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Notes   []string `json:"notes,omitempty"`
	Columns []column `json:"columns"`
	Rows    []row    `json:"rows"`
}

func (t *table) add(name string, figures ...figure) {
	t.Rows = append(t.Rows, row{Name: name, Figures: figures})
}

// check is a target that must hold.
type check struct {
	Name  string `json:"name"`
	Value figure `json:"value"`
	Limit string `json:"limit"`
	Pass  bool   `json:"pass"`
}

func atMost(name string, value, limit float64) check {
	return check{Name: name, Value: figure(value), Limit: fmt.Sprintf("at most %g", limit), Pass: value <= limit}
}

func atLeast(name string, value, limit float64) check {
	return check{Name: name, Value: figure(value), Limit: fmt.Sprintf("at least %g", limit), Pass: value >= limit}
}

// print writes the table as Markdown.
func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "\n## %s\n\n", t.Title)
	for _, n := range t.Notes {
		fmt.Fprintf(w, "%s\n", n)
	}
	if len(t.Notes) > 0 {
		fmt.Fprintln(w)
	}
	cells := make([][]string, 0, len(t.Rows)+1)
	head := []string{""}
	for _, c := range t.Columns {
		head = append(head, c.Name)
	}
	cells = append(cells, head)
	for _, r := range t.Rows {
		line := []string{r.Name}
		for i, f := range r.Figures {
			line = append(line, t.Columns[i].text(float64(f)))
		}
		cells = append(cells, line)
	}
	printCells(w, cells)
}

func (c column) text(f float64) string {
	if math.IsNaN(f) {
		return "-"
	}
	return fmt.Sprintf(c.format, f)
}

func printCells(w io.Writer, cells [][]string) {
	width := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, s := range line {
			width[i] = max(width[i], len(s))
		}
	}
	for n, line := range cells {
		for i, s := range line {
			if i == 0 {
				fmt.Fprintf(w, "| %-*s ", width[i], s)
				continue
			}
			fmt.Fprintf(w, "| %*s ", width[i], s)
		}
		fmt.Fprintln(w, "|")
		if n == 0 {
			for i, wd := range width {
				fmt.Fprintf(w, "|%s", strings.Repeat("-", wd+2-min(i, 1)))
				if i > 0 {
					fmt.Fprint(w, ":")
				}
			}
			fmt.Fprintln(w, "|")
		}
	}
}

func printChecks(w io.Writer, checks []check) {
	if len(checks) == 0 {
		return
	}
	fmt.Fprintf(w, "\n## Targets\n\n")
	for _, c := range checks {
		word := "PASS"
		if !c.Pass {
			word = "FAIL"
		}
		fmt.Fprintf(w, "%s  %s: %.3g (%s)\n", word, c.Name, float64(c.Value), c.Limit)
	}
}
