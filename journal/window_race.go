//go:build race

package journal

import "sync/atomic"

const raceEnabled = true

func storeClaim(word *uint64, v uint64) { atomic.StoreUint64(word, v) }
