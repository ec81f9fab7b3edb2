//go:build !linux && !darwin

package vfs

import "errors"

const noFollow = 0

// allocate reports that zeros have to be written.
func (f *osFile) allocate(int64) error { return errors.ErrUnsupported }

func (f *osFile) Sync() error { return f.f.Sync() }

func (f *osFile) Map(int64) ([]byte, error) { return nil, ErrMapUnsupported }

func (f *osFile) MapAgain(int64, int64) ([]byte, error) { return nil, ErrMapUnsupported }

func (f *osFile) Zero(size int64) error { return f.zeroFrom(0, size) }

func (f *osFile) Unmap([]byte) error { return ErrMapUnsupported }

// Writeback is left to the system.
func (f *osFile) Writeback(off, n int64) error { return nil }

// DropCache is left to the system.
func (f *osFile) DropCache() error { return nil }

// syncDir does nothing: these systems have no way to ask for it.
func syncDir(string) error { return nil }
