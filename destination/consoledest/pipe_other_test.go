//go:build !unix

package consoledest

const deafenedChild = "write-to-nobody"

// writeToNobody has nothing to do where there is no SIGPIPE.
func writeToNobody() int { return 0 }
