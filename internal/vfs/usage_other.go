//go:build !linux && !darwin && !windows

package vfs

import "errors"

// usage is not known here; the caller falls back to its fixed limits.
func usage(string) (Usage, error) { return Usage{}, errors.ErrUnsupported }
