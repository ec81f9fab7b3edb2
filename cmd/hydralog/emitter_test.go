package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"github.com/hydra-logger/hydra"
)

// emitter is a program that writes numbered lines: emitter FIRST COUNT MILLISECONDS NOTE. It takes about that long,
// and notes in the file NOTE how many lines it has written, after each one.
func emitter() {
	first, _ := strconv.Atoi(os.Args[1])
	n, _ := strconv.Atoi(os.Args[2])
	ms, _ := strconv.Atoi(os.Args[3])
	note, err := os.OpenFile(os.Args[4], os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	every := max(n/max(ms, 1), 1)
	for i := range n {
		text, to := emitted(first + i)
		f := os.Stdout
		if to == 1 {
			f = os.Stderr
		}
		if rand.IntN(8) == 0 { // in two pieces, as programs do that do not buffer whole lines
			half := len(text) / 2
			_, _ = f.WriteString(text[:half])
			text = text[half:]
		}
		if _, err := f.WriteString(text); err != nil {
			os.Exit(1)
		}
		_, _ = note.WriteAt(fmt.Appendf(nil, "%10d", i+1), 0)
		if i%every == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

// emitted is the text of a number and the stream it goes to, 0 for standard output.
func emitted(n int) (text string, stream int) {
	switch n % 10 {
	case 0:
		return fmt.Sprintf("ERROR line %d\n", n), 1
	case 1, 2, 3: // with a time of its own that many lines share
		return fmt.Sprintf(`{"time":"2026-01-02T03:04:05Z","level":"info","msg":"line %d"}`+"\n", n), 0
	case 4:
		return fmt.Sprintf("panic: line %d\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:%d +0x1\n", n, n), 1
	}
	return fmt.Sprintf("line %d\n", n), 0
}

// slowcat writes a file in pieces of random length, with pauses: slowcat FILE MILLISECONDS.
func slowcat() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		os.Exit(1)
	}
	pause, _ := time.ParseDuration(os.Args[2] + "ms")
	pieces := 100
	for len(text) > 0 {
		n := min(1+rand.IntN(max(2*len(text)/pieces, 1)), len(text))
		_, _ = os.Stdout.Write(text[:n])
		text = text[n:]
		pieces = max(pieces-1, 1)
		time.Sleep(pause / 100)
	}
}

// service is a program of its own that logs and dies: service CONFIG FIRST COUNT. It waits for a line on
// standard input between opening the logger and logging, and is then killed by itself.
func service() {
	log, err := hydra.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("open")
	_, _ = io.ReadFull(os.Stdin, make([]byte, 1))
	var first, count int
	_, _ = fmt.Sscan(os.Args[2], &first)
	_, _ = fmt.Sscan(os.Args[3], &count)
	for i := range count {
		log.Info(context.Background(), fmt.Sprintf("line %d", first+i), slog.Int("n", first+i))
	}
	self, _ := os.FindProcess(os.Getpid())
	_ = self.Kill()
	select {}
}
