// Package term draws on a terminal, and writes plain text where there is none.
package term

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// Screen writes lines, and below them a block that is redrawn in place on a terminal.
type Screen struct {
	w      io.Writer
	live   bool // it is a terminal: a block may be redrawn
	colors bool
	width  int
	block  int // lines of the block that is drawn now
}

// New returns a screen on f.
func New(f *os.File) *Screen {
	width, terminal := size(f)
	terminal = terminal && os.Getenv("TERM") != "dumb"
	return &Screen{w: f, live: terminal, colors: wantColors(terminal), width: width}
}

// wantColors follows NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE.
func wantColors(terminal bool) bool {
	if os.Getenv("NO_COLOR") != "" {
		return false
	}
	for _, name := range []string{"FORCE_COLOR", "CLICOLOR_FORCE"} {
		if v := os.Getenv(name); v != "" && v != "0" {
			return true
		}
	}
	return terminal
}

// Writer returns where lines go, below the block, which stays as it is.
func (s *Screen) Writer() io.Writer {
	s.block = 0
	return s.w
}

// Live reports whether blocks are redrawn.
func (s *Screen) Live() bool { return s.live }

// Colors reports whether colours are wanted.
func (s *Screen) Colors() bool { return s.colors }

// The styles of [Screen.Style].
const (
	Bold   = "1"
	Dim    = "2"
	Red    = "31;1"
	Green  = "32"
	Yellow = "33"
	Cyan   = "36"
)

// Style returns text in a style, or as it is where no colours are wanted.
func (s *Screen) Style(style, text string) string {
	if !s.colors {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// Print writes a line for good, above the block.
func (s *Screen) Print(format string, args ...any) {
	s.clear()
	fmt.Fprintf(s.w, format+"\n", args...)
}

// Block draws lines that the next call draws over. Where there is no terminal it writes nothing.
func (s *Screen) Block(lines ...string) {
	if !s.live {
		return
	}
	var b strings.Builder
	b.WriteString(s.up())
	for _, line := range lines {
		b.WriteString(cut(line, s.width-1))
		b.WriteByte('\n')
	}
	s.block = len(lines)
	_, _ = io.WriteString(s.w, b.String())
}

// Keep leaves the block as it is; what comes next is written below it.
func (s *Screen) Keep() { s.block = 0 }

func (s *Screen) clear() {
	_, _ = io.WriteString(s.w, s.up())
	s.block = 0
}

// up moves to the beginning of the block and erases it.
func (s *Screen) up() string {
	if s.block == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dA\r\x1b[J", s.block)
}

// cut shortens a line to a number of columns. Codes take none; every other character is taken for one.
func cut(line string, width int) string {
	if width <= 0 {
		return line
	}
	column, code := 0, false
	for i, r := range line {
		switch {
		case code:
			code = !(r >= '@' && r <= '~' && r != '[')
		case r == 0x1b:
			code = true
		default:
			if column == width {
				return line[:i] + "\x1b[0m"
			}
			column++
		}
	}
	return line
}
