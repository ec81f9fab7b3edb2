//go:build invariants || race

package invariants

// Enabled reports whether checks that cost time are compiled in: with the
// build tag invariants, and under the race detector.
const Enabled = true
