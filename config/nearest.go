package config

import (
	"fmt"
	"strings"
)

// Possible returns ` (they are a, b), did you mean "a"?` for a word that is none of the names, for errors
// of those who know names that this package does not.
func Possible(what, word string, names []string) string {
	return fmt.Sprintf(" (%s are %s)%s", what, strings.Join(names, ", "), didYouMean(word, names))
}
