// Package sanitize takes out of a text what could act on whoever reads it: scripts in a page,
// codes in a terminal, characters that turn the direction of the text, bytes that are no text.
package sanitize
