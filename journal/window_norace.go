//go:build !race

package journal

// raceEnabled: the race detector can't see mapped memory, so that segments live on the heap then.
const raceEnabled = false

// storeClaim need not be atomic: the word's upper half stays zero, and a reader takes
// zero and a claim for the same. The commit that follows orders it.
func storeClaim(word *uint64, v uint64) { *word = v }
