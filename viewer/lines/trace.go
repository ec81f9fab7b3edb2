package lines

import (
	"bytes"
	"log/slog"
)

// mode is what the lines that are held back may be the beginning of.
type mode uint8

const (
	modeNone      mode = iota // nothing is held
	modePlain                 // one line, which frames may follow
	modeGo                    // a Go panic, fatal error or dump of goroutines
	modeFrames                // frames of Java, JavaScript or .NET
	modeProps                 // the properties that Node prints after an error's frames
	modePython                // inside a Python traceback
	modePyGroup               // inside the traceback of an exception group
	modePyAfter               // behind the line that names a Python exception
	modePyChained             // behind "During handling of the above exception ..."
	modeThrown                // behind the line that names a Java exception, its frames follow
	modeStack                 // function and place in turn, as zap writes them to the console
)

var (
	pyHead    = []byte("Traceback (most recent call last):")
	pyGroup   = []byte("+ Exception Group Traceback (most recent call last):")
	pyDuring  = []byte("During handling of the above exception, another exception occurred:")
	pyDirect  = []byte("The above exception was the direct cause of the following exception:")
	goroutine = []byte("goroutine ")
)

// begins returns the mode that a line opens when it does not continue anything.
func begins(line []byte) mode {
	switch {
	case hasAnyPrefix(line, "panic: ", "fatal error: ", "runtime: ", "SIGQUIT: ", "SIGSEGV: ", "SIGABRT: ", "unexpected fault address "),
		isGoroutine(line):
		return modeGo
	case bytes.HasSuffix(line, pyGroup):
		return modePyGroup
	case bytes.HasSuffix(line, pyHead):
		return modePython
	}
	return modePlain
}

// follows returns the mode after a line, when it continues what is held; else modeNone.
// last is the line before it.
func follows(m mode, last, line []byte) mode {
	switch m {
	case modePlain:
		return followsPlain(last, line)
	case modeThrown:
		if isFrame(line) {
			return afterFrame(line)
		}
	case modeStack:
		if isPlace(line) || bytes.IndexByte(line, '.') > 0 && bytes.IndexByte(line, ' ') < 0 {
			return modeStack
		}
	case modeGo:
		if continuesGo(line) {
			return modeGo
		}
	case modeFrames:
		if isFrame(line) || isCause(line) {
			return afterFrame(line)
		}
	case modeProps:
		if bytes.Equal(line, []byte("}")) {
			return modeFrames
		}
		if isIndented(line) {
			return modeProps
		}
	case modePython, modePyGroup, modePyAfter, modePyChained:
		return followsPython(m, line)
	}
	return modeNone
}

// followsPlain is for the second line of what may be a trace. A logger that has been given an exception writes
// its own line first: then an error's line and the trace are one.
func followsPlain(last, line []byte) mode {
	switch {
	case isFrame(line):
		return afterFrame(line)
	case isPlace(line):
		return modeStack
	case isGoroutine(line) && bytes.Contains(last, []byte("panic")):
		return modeGo
	}
	opens := begins(line)
	thrown := isThrown(line)
	if opens != modePython && opens != modePyGroup && !thrown {
		return modeNone
	}
	if level, ok := guessLevel(last); !ok || level < slog.LevelError {
		return modeNone
	}
	if thrown {
		return modeThrown
	}
	return opens
}

func followsPython(m mode, line []byte) mode {
	switch {
	case m == modePyAfter && (bytes.Equal(line, pyDuring) || bytes.Equal(line, pyDirect)):
		return modePyChained
	case m == modePyChained && bytes.HasSuffix(line, pyHead):
		return begins(line)
	case m == modePyGroup && isIndented(line):
		return modePyGroup
	case m == modePython && isIndented(line):
		return modePython
	case m == modePython && isExceptionName(line):
		return modePyAfter
	}
	return modeNone
}

// bridgesBlank reports whether an empty line may be inside what is held; it is, if a line that continues follows.
func bridgesBlank(m mode) bool {
	return m == modeGo || m == modePyAfter || m == modePyChained
}

// isFrame recognises "    at com.x.Y.z(Y.java:1)" of Java, JavaScript and .NET, and "... 12 more".
func isFrame(line []byte) bool {
	if !isIndented(line) {
		return false
	}
	t := bytes.TrimLeft(line, " \t")
	return bytes.HasPrefix(t, []byte("at ")) && len(t) > 3 || isElided(t) || hasAnyPrefix(t, "Suppressed: ", "Caused by: ", "--- End of ")
}

// isThrown recognises "java.lang.IllegalStateException: text".
func isThrown(line []byte) bool {
	name, _, _ := bytes.Cut(line, []byte(":"))
	return bytes.IndexByte(name, '.') > 0 && !bytes.ContainsAny(name, " \t") &&
		(bytes.HasSuffix(name, []byte("Exception")) || bytes.HasSuffix(name, []byte("Error")))
}

// isPlace recognises "	/usr/local/go/src/runtime/proc.go:290".
func isPlace(line []byte) bool {
	return len(line) > 0 && line[0] == '\t' && bytes.Contains(line, []byte(".go:"))
}

// isElided recognises "... 12 more" and "... 3 common frames omitted".
func isElided(t []byte) bool {
	return bytes.HasPrefix(t, []byte("... ")) && len(t) > 4 && t[4] >= '0' && t[4] <= '9'
}

func isCause(line []byte) bool {
	return hasAnyPrefix(line, "Caused by: ", "Suppressed: ", "--- End of ", "Wrapped by: ", " ---> ")
}

func afterFrame(line []byte) mode {
	if bytes.HasSuffix(line, []byte(" {")) {
		return modeProps
	}
	return modeFrames
}

func isIndented(line []byte) bool { return len(line) > 0 && (line[0] == ' ' || line[0] == '\t') }

// isGoroutine recognises "goroutine 12 [running]:".
func isGoroutine(line []byte) bool {
	return bytes.HasPrefix(line, goroutine) && len(line) > 12 && line[10] >= '0' && line[10] <= '9' && bytes.IndexByte(line, '[') > 0
}

func continuesGo(line []byte) bool {
	return line[0] == '\t' || isGoroutine(line) || isGoCall(line) || isRegister(line) ||
		hasAnyPrefix(line, "created by ", "[signal ", "panic: ", "fatal error: ", "runtime: ", "runtime stack:",
			"...additional frames elided", "goroutine running on other thread", "PC=", "[originating from goroutine")
}

// isGoCall recognises the line of a function in a trace: net/http.(*conn).serve(0xc000, {0x1, 0x2}).
func isGoCall(line []byte) bool {
	open := bytes.IndexByte(line, '(')
	if open <= 0 || line[len(line)-1] != ')' {
		return false
	}
	name := line[:open]
	return (bytes.IndexByte(name, '.') > 0 || string(name) == "panic") && !bytes.ContainsAny(name, " \t\"'=")
}

// isRegister recognises "rax    0x0", which follows the trace of a signal.
func isRegister(line []byte) bool {
	name, value, ok := bytes.Cut(line, []byte(" "))
	if !ok || len(name) > 7 {
		return false
	}
	return bytes.HasPrefix(bytes.TrimLeft(value, " "), []byte("0x"))
}

// isExceptionName recognises "ValueError: text" and "package.module.Error".
func isExceptionName(line []byte) bool {
	for i, c := range line {
		switch {
		case c == ':' && i > 0:
			return true
		case c == '.' || c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 || c >= '0' && c <= '9' && i > 0:
		default:
			return false
		}
	}
	return len(line) > 0
}

func hasAnyPrefix(line []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if len(line) >= len(p) && string(line[:len(p)]) == p {
			return true
		}
	}
	return false
}
