// Package invariants holds checks of what must always be true. They are
// compiled out of normal builds: guard each use with Enabled, so that its
// arguments cost nothing either.
//
//	if invariants.Enabled {
//		invariants.Check(head <= tail, "head %d is behind tail %d", head, tail)
//	}
package invariants

import "fmt"

// Check panics when ok is false and checks are compiled in.
func Check(ok bool, format string, args ...any) {
	if Enabled && !ok {
		panic("invariant broken: " + fmt.Sprintf(format, args...))
	}
}
