package hydra_test

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/hydratest"
)

// redirectChildren are processes whose standard error is redirected: it is the process's, not the test's.
func redirectChildren() map[string]func(dir string) {
	return map[string]func(dir string){
		"redirect": func(dir string) {
			l, r := redirected(fileAndConsole(dir))
			log.Printf("from %s", "log")
			println("from the runtime")
			fmt.Fprint(os.Stderr, "from os.Stderr, ")
			fmt.Fprint(os.Stderr, "in pieces\r\n")
			cmd := exec.Command("sh", "-c", "echo from a child process >&2")
			cmd.Stderr = os.Stderr
			if err := cmd.Run(); err != nil {
				panic(err)
			}
			fmt.Fprint(os.Stderr, "without an end")
			if _, err := hydra.Redirect(l, hydra.RedirectOptions{Stderr: true}); !errors.Is(err, hydra.ErrRedirected) {
				panic(err)
			}
			if err := errors.Join(r.Close(), r.Close(), l.Close()); err != nil {
				panic(err)
			}
			println("after Close")
			log.SetFlags(0)
			log.Print("log after Close")
		},
		"redirect-exit": func(dir string) {
			redirected(fileAndConsole(dir))
			println("just before Exit")
			hydra.Exit(3)
		},
		"redirect-late": func(dir string) {
			l, _ := redirected(fileAndConsole(dir))
			_ = l.Close()
			println("line of a closed logger")
			log.Print("log of a closed logger")
			hydra.Exit(0)
		},
		"redirect-held": func(dir string) {
			l, r := redirected(fileAndConsole(dir))
			cmd := exec.Command("sleep", "60") // has the pipe as its standard error
			cmd.Stderr = os.Stderr
			if err := cmd.Start(); err != nil {
				panic(err)
			}
			println("before")
			err := r.Close()
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			if err := errors.Join(err, l.Close()); err != nil {
				panic(err)
			}
		},
		"redirect-crash": func(dir string) {
			redirected(fileAndConsole(dir))
			crash()
		},
		"redirect-crash-without-state": func(string) {
			redirected(hydra.Config{Mode: "sync"})
			crash()
		},
	}
}

// crash dies with a text that no pipe holds.
func crash() {
	for range 6000 {
		go func() { select {} }()
	}
	runtime.Gosched()
	panic("boom")
}

func fileAndConsole(dir string) hydra.Config {
	return hydra.Config{BaseLogDir: dir, Layers: map[string]hydra.Layer{
		"default": {Destinations: []hydra.Destination{
			{Type: "file", Path: "out.jsonl"},
			{Type: "console", Stream: "stderr", Format: "json-lines"},
		}},
	}}
}

func redirected(cfg hydra.Config) (*hydra.Logger, *hydra.Redirection) {
	l, err := hydra.New(cfg)
	if err != nil {
		panic(err)
	}
	r, err := hydra.Redirect(l, hydra.RedirectOptions{StdLog: true, Stderr: true, Level: slog.LevelWarn})
	if err != nil {
		panic(err)
	}
	return l, r
}

// runRedirected runs a child, and returns its exit code, what it wrote to the real standard error, and its file.
func runRedirected(t *testing.T, name, dir string) (code int, stderr, file string) {
	t.Helper()
	switch runtime.GOOS {
	case "windows", "plan9", "js", "wasip1":
		t.Skip("the raw standard error of a process can't be replaced here")
	}
	cmd := child(t, name, dir)
	cmd.Env = append(cmd.Env, "GOTRACEBACK=all")
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hung := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	if !hung.Stop() {
		t.Fatalf("the child did not end: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), string(text)
}

func TestEveryLineOfStandardErrorAndOfLogBecomesOneRecord(t *testing.T) {
	code, stderr, file := runRedirected(t, "redirect", t.TempDir())
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, m := range []string{"from log", "from the runtime", "from os.Stderr, in pieces", "from a child process", "without an end"} {
		want := fmt.Sprintf(`"level":"WARNING","layer":"default","message":%q`, m)
		if n := strings.Count(file, want); n != 1 {
			t.Errorf("%d records of %q in the file:\n%s", n, m, file)
		}
		if n := strings.Count(stderr, want); n != 1 { // of the console, which goes on to the real one
			t.Errorf("%d records of %q on standard error:\n%s", n, m, stderr)
		}
	}
	if n := strings.Count(file, `"log.iostream":"stderr"`); n != 4 {
		t.Errorf("%d records say that they come from the raw stream:\n%s", n, file)
	}
	if !strings.HasSuffix(stderr, "after Close\nlog after Close\n") || strings.Contains(file, "after Close") {
		t.Errorf("after Close: standard error\n%s\nfile\n%s", stderr, file)
	}
}

func TestExitTakesWhatIsInThePipe(t *testing.T) {
	code, stderr, file := runRedirected(t, "redirect-exit", t.TempDir())
	if code != 3 || strings.Count(file, `"message":"just before Exit"`) != 1 {
		t.Errorf("exit code %d\n%s\n%s", code, stderr, file)
	}
}

func TestLinesOfAClosedLoggerReachTheRealStandardError(t *testing.T) {
	code, stderr, file := runRedirected(t, "redirect-late", t.TempDir())
	if code != 0 || !strings.Contains(stderr, "line of a closed logger\n") || !strings.Contains(stderr, "log of a closed logger\n") || strings.Contains(file, "closed logger") {
		t.Errorf("exit code %d\n%s\n%s", code, stderr, file)
	}
}

func TestAChildProcessThatHoldsThePipeDoesNotHoldUpClose(t *testing.T) {
	code, stderr, file := runRedirected(t, "redirect-held", t.TempDir())
	if code != 0 || strings.Count(file, `"message":"before"`) != 1 {
		t.Errorf("exit code %d\n%s\n%s", code, stderr, file)
	}
}

func TestACrashIsNotHeldUpByThePipeAndIsReportedByTheNextStart(t *testing.T) {
	dir := t.TempDir()
	code, _, _ := runRedirected(t, "redirect-crash", dir)
	if code != 2 {
		t.Errorf("exit code %d", code)
	}
	cfg := fileAndConsole(dir)
	cfg.Layers["default"] = hydra.Layer{Destinations: cfg.Layers["default"].Destinations[:1]}
	l, err := hydra.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	if err != nil || !strings.Contains(string(file), "the last run crashed: panic: boom") {
		t.Errorf("%v\n%s", err, file)
	}
}

func TestACrashWithoutAStateDirectoryReachesTheRealStandardErrorWhole(t *testing.T) {
	code, stderr, _ := runRedirected(t, "redirect-crash-without-state", t.TempDir())
	if code != 2 || !strings.Contains(stderr, "panic: boom") || strings.Count(stderr, "\ngoroutine ") < 6000 || len(stderr) < 1<<20 {
		t.Errorf("exit code %d, %d bytes:\n%.2000s", code, len(stderr), stderr)
	}
}

func TestTheStandardLogPackageIsRedirectedAndPutBack(t *testing.T) {
	var before bytes.Buffer
	writer, flags := log.Writer(), log.Flags()
	defer func() { log.SetOutput(writer); log.SetFlags(flags) }()
	log.SetOutput(&before)
	log.SetFlags(log.Lmsgprefix)

	l, rec := hydratest.New(t)
	r, err := hydra.Redirect(l.Layer("old"), hydra.RedirectOptions{StdLog: true, Level: slog.LevelError})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hydra.Redirect(l, hydra.RedirectOptions{StdLog: true}); !errors.Is(err, hydra.ErrRedirected) {
		t.Errorf("twice: %v", err)
	}
	log.Print("two\nlines")
	rec.Expect(hydratest.HasMessage("two\nlines"), hydratest.Level(slog.LevelError), hydratest.Layer("old"))
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	log.Print("back")
	if before.String() != "back\n" || log.Flags() != log.Lmsgprefix {
		t.Errorf("%q, flags %d", before.String(), log.Flags())
	}
	rec.ExpectCount(1)

	r, err = hydra.Redirect(l, hydra.RedirectOptions{StdLog: true})
	if err != nil {
		t.Fatal(err)
	}
	var other bytes.Buffer
	log.SetOutput(&other)
	_ = r.Close()
	if log.Print("theirs"); other.String() != "theirs\n" {
		t.Error("what somebody else has set since was put away")
	}
}

func TestARedirectionThatCannotWorkIsRefused(t *testing.T) {
	l, _ := hydratest.New(t)
	for name, f := range map[string]func() (*hydra.Redirection, error){
		"nothing":   func() (*hydra.Redirection, error) { return hydra.Redirect(l, hydra.RedirectOptions{}) },
		"no logger": func() (*hydra.Redirection, error) { return hydra.Redirect(nil, hydra.RedirectOptions{StdLog: true}) },
		"discard": func() (*hydra.Redirection, error) {
			return hydra.Redirect(hydra.Discard, hydra.RedirectOptions{StdLog: true})
		},
	} {
		if r, err := f(); r != nil || err == nil {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
	var none *hydra.Redirection
	if err := none.Close(); err != nil {
		t.Error(err)
	}
}
