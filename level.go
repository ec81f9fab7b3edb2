package hydra

import (
	"log/slog"
	"math"
)

// The levels, with the numbers of log/slog and the names of Hydra-Logger.
// WARN and FATAL are read as WARNING and CRITICAL.
const (
	LevelTrace    slog.Level = -8
	LevelDebug    slog.Level = slog.LevelDebug
	LevelInfo     slog.Level = slog.LevelInfo
	LevelWarning  slog.Level = slog.LevelWarn
	LevelError    slog.Level = slog.LevelError
	LevelCritical slog.Level = 12

	// levelAll passes everything, levelNone nothing.
	levelAll  slog.Level = math.MinInt32
	levelNone slog.Level = math.MaxInt32
)

// A band is a level rounded down to a named one. Thresholds of destinations are
// named levels, so a route is a range of bands and the ledger counts by band.
type band uint8

const (
	bandTrace band = iota
	bandDebug
	bandInfo
	bandWarning
	bandError
	bandCritical
	bandCount = 8 // a power of two, so that a tag is layer<<3 | band
)

var bandNames = [bandCount]string{"TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}

// bandOf returns the band of a level: the number of named levels above TRACE that it reaches.
func bandOf(l slog.Level) band {
	switch {
	case l < LevelDebug:
		return bandTrace
	case l >= LevelCritical:
		return bandCritical
	}
	return band((l+8)>>2) & 7
}

// firstBand returns the lowest band of which every level passes the threshold.
func firstBand(threshold slog.Level) band {
	switch {
	case threshold <= LevelTrace:
		return bandTrace
	case threshold > LevelCritical:
		return bandCount
	}
	return band((threshold + 11) >> 2)
}

// priorityOf squeezes a level into the journal's opaque byte, in order.
func priorityOf(l slog.Level) uint8 {
	return uint8(min(max(l+128, 0), 255))
}

// bandOfPriority is the inverse of priorityOf as far as bands go.
func bandOfPriority(p uint8) band { return bandOf(slog.Level(p) - 128) }

// urgentPriority wakes a napping worker at once.
const urgentPriority = uint8(LevelError + 128)
