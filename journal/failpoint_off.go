//go:build !hydrafail

package journal

// failpoint is where tests built with the tag hydrafail kill the process.
func failpoint(int) {}
