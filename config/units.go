package config

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a time.Duration that is written as "250ms", "10s", "1h30m", "30d", or
// as a number of seconds.
type Duration time.Duration

// NoTimeout is a [Config.CloseTimeout] without limit; in a file it is 0.
const NoTimeout Duration = -1

// Std returns d as a time.Duration.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String is the form that [ParseDuration] reads.
func (d Duration) String() string {
	if d == NoTimeout {
		return "0s"
	}
	return time.Duration(d).String()
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// ParseDuration reads "10s", "30d" or a number of seconds ("0.25").
func ParseDuration(s string) (Duration, error) {
	s = strings.TrimSpace(s)
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		if math.IsNaN(f) || math.Abs(f) > float64(math.MaxInt64)/float64(time.Second)/2 {
			return 0, fmt.Errorf("%q is out of range for a duration", s)
		}
		return Duration(f * float64(time.Second)), nil
	}
	days, rest := time.Duration(0), s
	if number, after, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return 0, notADuration(s)
		}
		days, rest = time.Duration(n)*24*time.Hour, orDefault(after, "0")
	}
	d, err := time.ParseDuration(rest)
	if err != nil || days > 0 && (d < 0 || d > 24*time.Hour) {
		return 0, notADuration(s)
	}
	return Duration(days + d), nil
}

func notADuration(s string) error {
	return fmt.Errorf(`%q is not a duration; write "250ms", "10s", "1h30m", "30d", or a number of seconds`, s)
}

// Size is a number of bytes that is written as "256KiB", "5MB", or as a number.
// KB, MB and GB are powers of 1000, KiB, MiB and GiB powers of 1024.
type Size int64

// NoReserve is a [Journal.Reserve] of nothing; in a file it is 0.
const NoReserve Size = -1

// String is the form that [ParseSize] reads.
func (s Size) String() string {
	if s == NoReserve {
		return "0"
	}
	units := []string{"", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for s != 0 && s%1024 == 0 && i < len(units)-1 {
		s, i = s/1024, i+1
	}
	return strconv.FormatInt(int64(s), 10) + units[i]
}

// MarshalJSON writes the number of bytes, so that other programs need not know the units.
func (s Size) MarshalJSON() ([]byte, error) {
	if s == NoReserve {
		s = 0
	}
	return json.Marshal(int64(s))
}

// ParseSize reads "256KiB", "5MB", "1.5 GiB" or a number of bytes.
func ParseSize(s string) (Size, error) {
	text := strings.ToUpper(strings.TrimSpace(s))
	end := strings.LastIndexAny(text, "0123456789.") + 1
	unit, ok := sizeUnit(strings.TrimSpace(text[end:]))
	f, err := strconv.ParseFloat(text[:end], 64)
	if err != nil || !ok {
		return 0, fmt.Errorf(`%q is not a size; write "256KiB", "5MB", or a number of bytes`, s)
	}
	if unit == 1 && f != math.Trunc(f) {
		return 0, fmt.Errorf("%q is not a size: there are no parts of a byte", s)
	}
	if math.IsNaN(f) || math.Abs(f*unit) >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is out of range for a size", s)
	}
	return Size(f * unit), nil
}

func sizeUnit(u string) (float64, bool) {
	switch u {
	case "", "B":
		return 1, true
	case "K", "KB":
		return 1e3, true
	case "M", "MB":
		return 1e6, true
	case "G", "GB":
		return 1e9, true
	case "T", "TB":
		return 1e12, true
	case "KIB":
		return 1 << 10, true
	case "MIB":
		return 1 << 20, true
	case "GIB":
		return 1 << 30, true
	case "TIB":
		return 1 << 40, true
	}
	return 0, false
}

// SizeText is a size as text, "5MB", so that nobody takes the number of bytes for megabytes.
type SizeText string

// Parse returns the number of bytes, 0 for "" and "none".
func (s SizeText) Parse() (Size, error) {
	if s == "" || s == noneText {
		return 0, nil
	}
	return ParseSize(string(s))
}

// noneText is what null means where it differs from an absent key.
const noneText = "none"

// FileMode is a mode of a file that is written in octal, "0640".
type FileMode uint32

// ParseFileMode reads "0640", "640" or "0o640".
func ParseFileMode(s string) (FileMode, error) {
	text := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(s), "0o"), "0")
	n, err := strconv.ParseUint(text, 8, 32)
	if err != nil || n == 0 || n > 0o777 {
		return 0, fmt.Errorf(`%q is not the mode of a file; write it in octal, "0640"`, s)
	}
	return FileMode(n), nil
}

// String is the form that [ParseFileMode] reads.
func (m FileMode) String() string { return fmt.Sprintf("%04o", uint32(m)) }

// MarshalText implements encoding.TextMarshaler.
func (m FileMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// Strings is a list of texts; in a file one text stands for a list of one.
type Strings []string

// Compression of rotated files: "gzip", "zstd", or "none"; in a file true is gzip and false none.
type Compression string
