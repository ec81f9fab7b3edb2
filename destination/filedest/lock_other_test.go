//go:build !linux

package filedest

const lockTellsTheFirst = false
