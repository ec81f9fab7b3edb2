package demo

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"github.com/hydra-logger/hydra/cmd/hydralog/internal/demo/count"
)

// workers is the number of goroutines of a service that log.
const workers = 8

// The kinds of calls. Each worker numbers the calls of a kind by itself; the row of a worker and a kind, and the number, are the call's id.
const (
	kindRequest = iota // layer service
	kindEvent          // layer events
	kindWork           // layer events: the end of an operation
	kindAudit          // layer audit
	kinds
)

// The destinations of a service.
const (
	destApp = iota
	destEvents
	destNATS
	destAudit
	destinations
)

var destNames = [destinations]string{"app.jsonl", "events.jsonl", "nats", "audit.log"}

// goesTo reports whether the calls of a kind are routed to a destination.
func goesTo(kind, dest int) bool {
	switch kind {
	case kindRequest:
		return dest == destApp
	case kindAudit:
		return dest == destAudit
	}
	return dest == destEvents || dest == destNATS
}

const rows = workers * kinds

func rowOf(worker, kind int) int { return worker*kinds + kind }

// callsFile is a file that parent and service map: for each row two numbers of 8 bytes in the byte order of the machine,
// the calls that were begun and those that returned. The parent makes it; what is in it survives the service, and a number is never half written.
type callsFile struct {
	mem   []byte
	close func() error
}

const (
	numberSize  = 8
	callsLength = rows * 2 * numberSize
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

func (c *callsFile) begun(row int) *uint64 {
	return (*uint64)(unsafe.Pointer(&c.mem[row*2*numberSize]))
}

func (c *callsFile) returned(row int) *uint64 {
	return (*uint64)(unsafe.Pointer(&c.mem[(row*2+1)*numberSize]))
}

// begin notes that a call begins, and returns its number. A row belongs to one goroutine.
func (c *callsFile) begin(row int) int { return int(atomic.AddUint64(c.begun(row), 1)) }

// end notes that a call of a row returned.
func (c *callsFile) end(row int) { atomic.AddUint64(c.returned(row), 1) }

// tally is what one row noted.
type tally struct{ begun, returned int }

// read reads what returned before what was begun, so that the second is never behind.
func (c *callsFile) read() (all [rows]tally) {
	for r := range all {
		all[r].returned = int(atomic.LoadUint64(c.returned(r)))
		all[r].begun = int(atomic.LoadUint64(c.begun(r)))
	}
	return all
}

// sum is how many calls returned.
func sum(all [rows]tally) (n int) {
	for _, t := range all {
		n += t.returned
	}
	return n
}

// expected lists the calls of a destination and whether each returned; cut are the ones that a kill cut off.
func expected(all [rows]tally, cut map[count.ID]bool, dest int) map[count.ID]bool {
	calls := map[count.ID]bool{}
	for r := range all {
		for n := 1; goesTo(r%kinds, dest) && n <= all[r].begun; n++ {
			id := count.ID{Worker: r, Number: n}
			calls[id] = !cut[id]
		}
	}
	return calls
}

// cutOff adds the calls that were begun and did not return: of each row at most the last. before is how many
// calls of each row had been cut off earlier.
func cutOff(all [rows]tally, cut map[count.ID]bool) error {
	for r := range all {
		open := all[r].begun - all[r].returned
		for id := range cut {
			if id.Worker == r {
				open--
			}
		}
		switch open {
		case 0:
		case 1:
			cut[count.ID{Worker: r, Number: all[r].begun}] = true
		default:
			return errors.New("the file of calls does not add up")
		}
	}
	return nil
}
