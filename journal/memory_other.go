//go:build !linux

package journal

// physicalMemory is that of the machine in bytes, 0 if it is not known.
func physicalMemory() int64 { return 0 }
