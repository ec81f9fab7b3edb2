//go:build !hydrafail || !unix

package journal

const failpoints = false

// failpoint is where tests built with the tag hydrafail kill the process.
func failpoint(int) {}
