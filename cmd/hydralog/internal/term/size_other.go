//go:build !unix

package term

import "os"

// size returns the width of a terminal, and whether f is one. Here nothing is: text is plain.
func size(*os.File) (width int, terminal bool) { return 0, false }
