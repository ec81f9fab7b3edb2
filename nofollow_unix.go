//go:build unix

package hydra

import "syscall"

// oNoFollow refuses a symbolic link in place of a file of the state directory.
const oNoFollow = syscall.O_NOFOLLOW
