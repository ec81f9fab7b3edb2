//go:build unix && !linux

package journal

import "github.com/hydra-logger/hydra/internal/crashtest"

// powerChildren: the power of a file system can be cut on Linux alone.
var powerChildren map[string]func(*crashtest.Child)
