package consoledest

import "os"

// Colors decides whether a console is coloured. The first that says something wins:
//
//  1. use, the configuration's use_colors, when it is not nil
//  2. NO_COLOR, not empty: no (no-color.org)
//  3. FORCE_COLOR, not empty: yes, but "0" and "false" no (force-color.org)
//  4. CLICOLOR_FORCE, not empty and not "0": yes
//  5. TERM=dumb: no
//  6. yes when f is a terminal
func Colors(use *bool, f *os.File) bool {
	if use != nil {
		return *use
	}
	if os.Getenv("NO_COLOR") != "" {
		return false
	}
	if v := os.Getenv("FORCE_COLOR"); v != "" {
		return v != "0" && v != "false"
	}
	if v := os.Getenv("CLICOLOR_FORCE"); v != "" && v != "0" {
		return true
	}
	if os.Getenv("TERM") == "dumb" {
		return false
	}
	return IsTerminal(f)
}

// StreamColors is [Colors] for a stream by name: "stdout" or "stderr".
func StreamColors(use *bool, stream string) bool {
	if stream == "stderr" {
		return Colors(use, os.Stderr)
	}
	return Colors(use, os.Stdout)
}
