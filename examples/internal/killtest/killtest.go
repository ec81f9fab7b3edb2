// Package killtest runs the programs of the examples, kills them, and counts. It imports nothing of the logger: what was
// accepted is what a client has an answer for, what was delivered is what the lines of the files say.
//
// The test binary is the program:
//
//	func TestMain(m *testing.M) {
//		killtest.Main(main) // does not return in a child
//		os.Exit(m.Run())
//	}
package killtest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	clients  = 6
	envChild = "EXAMPLE_CHILD"
	patience = 60 * time.Second // a loaded machine is slow
)

// Main runs the program and ends the process, when this process is a child. Otherwise it returns.
func Main(program func()) {
	if os.Getenv(envChild) == "" {
		return
	}
	program()
	os.Exit(0)
}

// Kills is how often a program is killed: 3 times, and 50 times with HYDRA_FULL.
func Kills() int {
	if os.Getenv("HYDRA_FULL") != "" {
		return 50
	}
	return 3
}

// Process is a running program.
type Process struct {
	Address string // what it printed behind "listening on "
	cmd     *exec.Cmd
	ended   chan struct{}
	err     error // of the program, once it has ended
}

// Start runs the program in a folder and waits until it prints "listening on ADDRESS".
func Start(t *testing.T, dir string, env ...string) *Process {
	t.Helper()
	p := &Process{cmd: exec.Command(os.Args[0]), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, append(append(os.Environ(), envChild+"=1"), env...)
	var stderr strings.Builder
	p.cmd.Stderr = &stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	line := make(chan string, 1)
	go func() {
		r := bufio.NewReader(out)
		text, _ := r.ReadString('\n')
		line <- text
		_, _ = io.Copy(io.Discard, r)
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	select {
	case text := <-line:
		address, ok := strings.CutPrefix(strings.TrimSpace(text), "listening on ")
		if !ok {
			p.Kill()
			t.Fatalf("the program printed %q: %v\n%s", text, p.err, &stderr)
		}
		p.Address = address
	case <-time.After(patience):
		t.Fatal("the program did not start in time")
	}
	return p
}

// Kill ends the program with SIGKILL and waits for its end.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// Signal sends a signal.
func (p *Process) Signal(sig os.Signal) error { return p.cmd.Process.Signal(sig) }

// Wait waits for the program's end.
func (p *Process) Wait(t *testing.T) error {
	t.Helper()
	select {
	case <-p.ended:
		return p.err
	case <-time.After(patience):
		t.Fatal("the program did not end in time")
		return nil
	}
}

// Copy puts the files of the example into a new folder, which it returns.
func Copy(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Moment waits for a random instant.
func Moment() { time.Sleep(rand.N(80 * time.Millisecond)) }

// Orders are what clients sent. Safe for concurrent use.
type Orders struct {
	mu       sync.Mutex
	sent     map[string]bool
	accepted map[string]bool // there was an answer: the log call returned
}

// NewOrders returns an empty account.
func NewOrders() *Orders { return &Orders{sent: map[string]bool{}, accepted: map[string]bool{}} }

// Send notes that an order is about to be sent.
func (o *Orders) Send(id string) { o.note(o.sent, id) }

// Accept notes that there was an answer to an order.
func (o *Orders) Accept(id string) { o.note(o.accepted, id) }

func (o *Orders) note(m map[string]bool, id string) {
	o.mu.Lock()
	m[id] = true
	o.mu.Unlock()
}

// Accepted is how many were accepted.
func (o *Orders) Accepted() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.accepted)
}

// PostUntil has clients send orders to a program, calls end at a random instant, and returns when the program has ended.
// Three times of four the instant comes behind the first answer, so that a slow machine has something to lose.
func (o *Orders) PostUntil(t *testing.T, p *Process, run int, end func()) error {
	t.Helper()
	before := o.Accepted()
	go func() {
		for give := time.Now().Add(patience); run%4 != 3 && o.Accepted() == before && time.Now().Before(give); {
			time.Sleep(time.Millisecond)
		}
		Moment()
		end()
	}()
	o.Post(context.Background(), p.Address, run, clients)
	return p.Wait(t)
}

// Once sends one order.
func (o *Orders) Once(p *Process, run int) {
	id := fmt.Sprintf("o-%d", run)
	o.Send(id)
	if answered(http.DefaultClient, "http://"+p.Address+"/orders/"+id) {
		o.Accept(id)
	}
}

// Post has n clients send orders to a program until it is gone or ctx ends. It returns when they all stopped.
func (o *Orders) Post(ctx context.Context, address string, run, n int) {
	var wg sync.WaitGroup
	for c := range n {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for i := 0; ctx.Err() == nil; i++ {
				id := fmt.Sprintf("o-%d-%d-%d", run, c, i)
				o.Send(id)
				if !answered(client, "http://"+address+"/orders/"+id) {
					return
				}
				o.Accept(id)
			}
		})
	}
	wg.Wait()
}

func answered(client *http.Client, url string) bool {
	res, err := client.Post(url, "application/json", strings.NewReader("{}"))
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode == http.StatusAccepted
}

// Result is what a file holds of the orders.
type Result struct {
	Accepted, Delivered, Lost int
	Doubled                   int // lines beyond the first of an order
	Invented                  int // lines of orders that nobody sent
}

func (r Result) String() string {
	return fmt.Sprintf("accepted %d, delivered %d, lost %d, doubled %d, invented %d", r.Accepted, r.Delivered, r.Lost, r.Doubled, r.Invented)
}

// Count compares the orders with the lines of a file, each of which has "order_id":"ID".
func (o *Orders) Count(path string) (Result, error) {
	lines, err := Scan(path)
	if err != nil {
		return Result{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	r := Result{Accepted: len(o.accepted)}
	for id := range o.accepted {
		if lines[id] > 0 {
			r.Delivered++
		} else {
			r.Lost++
		}
	}
	for id, n := range lines {
		r.Doubled += n - 1
		if !o.sent[id] {
			r.Invented++
		}
	}
	return r, nil
}

// Scan counts the whole lines of a file by the order that they name. A file that is not there has none.
func Scan(path string) (map[string]int, error) {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := map[string]int{}
	r := bufio.NewReader(f)
	for {
		line, err := r.ReadString('\n')
		if err == io.EOF {
			return lines, nil // what has no end is not delivered
		}
		if err != nil {
			return nil, err
		}
		if _, rest, ok := strings.Cut(line, `"order_id":"`); ok {
			id, _, _ := strings.Cut(rest, `"`)
			lines[id]++
		}
	}
}

// Until waits until nothing that was accepted is missing in a file, or time is up, and returns the count.
func (o *Orders) Until(t *testing.T, path string) Result {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		r, err := o.Count(path)
		if err != nil {
			t.Fatal(err)
		}
		if r.Lost == 0 || time.Now().After(deadline) {
			return r
		}
	}
}

// Check fails the test when anything was lost, doubled or invented, or when too little was done to say so.
func (r Result) Check(t *testing.T, what string, mayDouble bool) {
	t.Helper()
	t.Logf("%s: %v", what, r)
	if r.Lost > 0 || r.Invented > 0 || r.Doubled > 0 && !mayDouble || r.Accepted < 3 {
		t.Errorf("%s: %v", what, r)
	}
}
