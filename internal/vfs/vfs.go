// Package vfs is the seam between the journal and the file system. The real
// implementation is [OS]; tests put [Fault] in front of it to fail the n-th
// call, or to lose what was not synced.
package vfs

import (
	"errors"
	"io/fs"
)

// ErrMapUnsupported is what [File.Map] returns where mapping a file is not
// possible or not safe. The caller falls back to writing.
var ErrMapUnsupported = errors.New("vfs: mapping is not supported here")

// FS opens, lists and removes files. Implementations are safe for concurrent use.
type FS interface {
	// OpenFile opens name with the flags of package os, with O_CLOEXEC and
	// without following a symbolic link in the last element.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Mkdir(name string, perm fs.FileMode) error
	ReadDir(name string) ([]fs.DirEntry, error)
	Lstat(name string) (fs.FileInfo, error)
	Rename(from, to string) error
	Remove(name string) error
	RemoveAll(name string) error
	// SyncDir makes the names in a directory durable.
	SyncDir(name string) error
	// Usage reports the space of the file system that holds name, and its kind.
	Usage(name string) (Usage, error)
}

// File is one open file.
type File interface {
	Name() string
	ReadAt(p []byte, off int64) (int, error)
	WriteAt(p []byte, off int64) (int, error)
	Truncate(size int64) error
	// Allocate reserves the blocks of [0,size) and sets the length. It never
	// leaves a sparse file: where the file system can't reserve, zeros are written.
	// On failure the file is truncated to zero.
	Allocate(size int64) error
	// Sync makes the data durable (fdatasync; F_FULLFSYNC on macOS).
	Sync() error
	// Zero writes zeros to [0,size) through the cache of the system, in as few calls as it can.
	Zero(size int64) error
	// Map maps [0,size) shared and writable, and takes the page faults now. The file must have been allocated.
	// A file system without room is an error, never a later SIGBUS. Where all of it has been written just
	// before, the faults cost little: a tenth of those of a file that was only allocated.
	Map(size int64) ([]byte, error)
	// MapAgain maps [0,size) like Map, clears the first dirty bytes and takes the faults of the rest. It is for
	// files whose pages the system probably still has: then it takes a fifth of the time of a new file.
	MapAgain(size, dirty int64) ([]byte, error)
	// Unmap releases what Map returned.
	Unmap(mem []byte) error
	// Writeback starts writing [off,off+n) to the device without waiting for it. It makes nothing durable.
	Writeback(off, n int64) error
	// DropCache tells the system that the file's pages are not needed in memory any more.
	DropCache() error
	// Lock takes an exclusive lock on the open file without waiting.
	// It returns [ErrLocked] when someone else, in this process or another, holds it.
	Lock() error
	Size() (int64, error)
	Close() error
}

// ErrLocked is returned by [File.Lock].
var ErrLocked = errors.New("vfs: the file is locked by someone else")

// Usage describes a file system.
type Usage struct {
	Total int64 // bytes
	Free  int64 // bytes that this user may still take
	// Kind is its name as far as it is known: ext4, xfs, btrfs, zfs, tmpfs, nfs, overlay, ... or "".
	Kind string
	// MapSafe is false where a store to a preallocated mapped page may still
	// run out of space or of network: copy-on-write, network and FUSE file systems.
	MapSafe bool
	// Survives is false where a restart of the machine or container forgets the content (tmpfs, overlay).
	Survives bool
}
