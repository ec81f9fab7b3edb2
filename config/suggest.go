package config

import (
	"fmt"
	"slices"
	"strings"
)

// didYouMean returns `, did you mean "x"?` when one of the names is near to word, else "".
func didYouMean(word string, names []string) string {
	if n := nearest(word, names); n != "" {
		return fmt.Sprintf(", did you mean %q?", n)
	}
	return ""
}

// possible returns ` (types are a, b), did you mean "a"?` for a word that is
// none of the names. A long list is left out where one of the names is near.
func possible(what, word string, names []string) string {
	if near := didYouMean(word, names); near != "" && len(names) > 10 {
		return near
	}
	return fmt.Sprintf(" (%s are %s)%s", what, strings.Join(names, ", "), didYouMean(word, names))
}

// nearest returns the name that is meant, else the one with the smallest edit distance
// to word, if that is at most 2, or 3 for long words, or 1 for words of one or two letters.
func nearest(word string, names []string) string {
	if len(word) > 64 {
		return ""
	}
	if n := otherWord(word); slices.Contains(names, n) {
		return n
	}
	best, limit := "", min(max(len(word)/3, min(len(word)-1, 2), 1), 3)
	for _, n := range names {
		if d := distance(strings.ToLower(word), strings.ToLower(n)); d <= limit {
			best, limit = n, d-1
		}
	}
	if n := nameWith(word, names); n != "" && limit > 0 {
		return n
	}
	return best
}

// otherWord is the name that a word of other programs stands for, or "".
func otherWord(word string) string {
	switch strings.ToLower(word) {
	case "stdout", "stderr":
		return TypeConsole
	case "tcp":
		return "network_socket"
	case "udp":
		return "network_datagram"
	case "websocket":
		return TypeWS
	case "jsonl", "ndjson":
		return FormatJSONLines
	case "cbor":
		return "binary-extended"
	}
	return ""
}

// nameWith is the name that has the word between its "_" and "-": network_http has http.
func nameWith(word string, names []string) string {
	for _, n := range names {
		parts := strings.FieldsFunc(n, func(r rune) bool { return r == '_' || r == '-' })
		if len(parts) > 1 && len(word) > 1 && slices.Contains(parts, strings.ToLower(word)) {
			return n
		}
	}
	return ""
}

// distance counts the insertions, deletions, changes and swaps of neighbours
// that lead from a to b (optimal string alignment).
func distance(a, b string) int {
	before := make([]int, len(b)+1)
	last := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
