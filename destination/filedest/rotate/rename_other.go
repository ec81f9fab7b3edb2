//go:build !linux

package rotate

// renameNew renames to a name that must not exist.
func renameNew(from, to string) error { return renameReserved(from, to) }
