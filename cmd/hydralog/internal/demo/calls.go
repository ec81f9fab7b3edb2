package demo

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"github.com/hydra-logger/hydra/cmd/hydralog/internal/demo/count"
)

// workers is the number of goroutines that log.
const workers = 8

// The destinations of the demo.
const (
	destOrders = iota
	destAudit
	destConsole
	destinations
)

var destNames = [destinations]string{"orders.jsonl", "audit.log", "console"}

// A call is what worker n's call number says: everything follows from the number, so that anybody can recount it.
type call struct {
	audit bool // on the layer audit, else on orders
	level int  // 0 INFO, 1 WARNING, 2 ERROR
}

func callOf(n int) call {
	c := call{audit: n%4 == 0}
	switch {
	case n%301 == 0:
		c.level = 2
	case n%51 == 0:
		c.level = 1
	}
	return c
}

// goesTo reports whether a call is routed to a destination.
func (c call) goesTo(dest int) bool {
	switch dest {
	case destOrders:
		return !c.audit
	case destAudit:
		return c.audit
	}
	return !c.audit && c.level > 0
}

// tally is what one worker noted: calls begun, and calls that returned, by destination.
type tally struct {
	begun    int
	returned [destinations]int
}

// callsFile is a file that parent and service map: for each worker four numbers of 8 bytes in the byte order of
// the machine, begun and the returned of each destination. The parent makes it; what is in it survives the service,
// and a number is never half written.
type callsFile struct {
	mem   []byte
	close func() error
}

const (
	numberSize  = 8
	callsRow    = (1 + destinations) * numberSize
	callsLength = workers * callsRow
)

func createCalls(path string) error {
	return os.WriteFile(path, make([]byte, callsLength), 0o600)
}

func openCalls(path string) (*callsFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	mem, unmap, err := mapShared(f, callsLength)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &callsFile{mem: mem, close: unmap}, nil
}

// number is the place of one number: 0 for begun, 1 and on for destinations.
func (c *callsFile) number(worker, i int) *uint64 {
	return (*uint64)(unsafe.Pointer(&c.mem[worker*callsRow+i*numberSize]))
}

func (c *callsFile) begin(worker int, t *tally) {
	t.begun++
	atomic.StoreUint64(c.number(worker, 0), uint64(t.begun))
}

// returned notes that a call returned. The number that finished counts comes last.
func (c *callsFile) returned(worker int, t *tally, made call) {
	for _, dest := range [...]int{destConsole, destAudit, destOrders} {
		if made.goesTo(dest) {
			t.returned[dest]++
			atomic.StoreUint64(c.number(worker, 1+dest), uint64(t.returned[dest]))
		}
	}
}

// read reads what was returned before what was begun, so that the second is never behind.
func (c *callsFile) read() (all [workers]tally) {
	for w := range all {
		for dest := range destinations {
			all[w].returned[dest] = int(atomic.LoadUint64(c.number(w, 1+dest)))
		}
		all[w].begun = int(atomic.LoadUint64(c.number(w, 0)))
	}
	return all
}

// finished is how many calls of a worker returned. Each goes to exactly one of the two files.
func (t *tally) finished() int { return t.returned[destOrders] + t.returned[destAudit] }

func sum(all [workers]tally) (returned [destinations]int) {
	for i := range all {
		for d, n := range all[i].returned {
			returned[d] += n
		}
	}
	return returned
}

// expected lists the calls of a destination and whether each returned; cut are the ones that a kill cut off.
func expected(all [workers]tally, cut map[count.ID]bool, dest int) map[count.ID]bool {
	calls := map[count.ID]bool{}
	for w := range all {
		for n := 1; n <= all[w].begun; n++ {
			if callOf(n).goesTo(dest) {
				id := count.ID{Worker: w, Number: n}
				calls[id] = !cut[id]
			}
		}
	}
	return calls
}

// cutOff adds the calls that were begun and did not return: of each worker at most the last. before is how many
// calls of each worker had been cut off earlier.
func cutOff(all [workers]tally, cut map[count.ID]bool) error {
	for w := range all {
		open := all[w].begun - all[w].finished()
		for id := range cut {
			if id.Worker == w {
				open--
			}
		}
		switch open {
		case 0:
		case 1:
			cut[count.ID{Worker: w, Number: all[w].begun}] = true
		default:
			return errors.New("the file of calls does not add up")
		}
	}
	return nil
}

// lastLines returns the last lines of a file that is being written, whole ones only.
func lastLines(path string, most int) []string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	const tail = 8 << 10
	if info, err := f.Stat(); err == nil && info.Size() > tail {
		_, _ = f.Seek(-tail, 2)
	}
	var out []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		out = append(out, s.Text())
	}
	if len(out) > 0 {
		out = out[1:] // cut, or the first
	}
	return out[max(len(out)-most, 0):]
}
