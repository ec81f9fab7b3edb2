//go:build unix

package journal

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/hydra-logger/hydra/internal/crashtest"
)

// chaosReaders are the destinations of a chaotic child, and how each behaves.
var chaosReaders = map[string]uint64{"quick": 7, "slow": 8, "again": 9}

// crashChaos is a child that appends in every way there is, to readers of three kinds, until it is killed, or until SIGTERM
// closes it while all that goes on. Arguments: directory, backend, directory of the delivered files, and "drain" to deliver
// what is left and end.
func crashChaos(c *crashtest.Child) {
	rng := rand.New(rand.NewPCG(uint64(c.Run), 77))
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	drain := len(c.Args) > 3
	c.Ready() // before Open, so that recovery is killed too
	j, all := chaosOpen(c, rng)
	var readers, producers sync.WaitGroup
	for i, r := range all {
		out := chaosOut(c, fmt.Sprintf("%s-%d-%d", r.Name(), c.Run, i))
		readers.Go(func() { chaosDeliver(c, r, out, drain, rand.New(rand.NewPCG(uint64(c.Run), uint64(i)))) })
	}
	if !drain {
		for g := range c.Goroutines {
			producers.Go(func() { chaosProduce(c, j, g) })
		}
		<-terminated
	} else {
		readers.Wait()
		for _, a := range j.Adopted() {
			if !a.Drained() {
				c.Fail("an adopted journal is not drained")
			}
			if err := a.Close(); err != nil {
				c.Fail("close of an adopted journal:", err)
			}
		}
	}
	if err := j.Close(); err != nil && drain {
		c.Fail("close:", err)
	}
	producers.Wait()
	readers.Wait()
}

// chaosOpen opens the journal and all readers, as soon as there is room for them.
func chaosOpen(c *crashtest.Child, rng *rand.Rand) (*Journal, []*Reader) {
	backend, _ := strconv.Atoi(c.Args[1])
	o := Options{Program: "chaos", Name: "chaos", Backend: Backend(backend), Destinations: chaosReaders, Reserve: 1,
		MinSegment: 64 << 10, MaxSegment: 128 << 10 << rng.IntN(4), Quota: 4 << 20 << rng.IntN(3), MappedLimit: 1 << 20 << rng.IntN(3)}
	if rng.IntN(3) == 0 {
		o.Durability, o.Interval = DurabilityInterval, 10*time.Millisecond
	}
	for {
		j, err := Open(c.Args[0], o)
		if err == nil {
			var all []*Reader
			if all, err = chaosReadersOf(j); err == nil {
				return j, all
			}
			_ = j.Close()
		}
		if !errors.Is(err, syscall.ENOSPC) {
			c.Fail("open:", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// chaosReadersOf makes the readers of the journal and of those that it has adopted.
func chaosReadersOf(j *Journal) (all []*Reader, err error) {
	for _, from := range append(j.Adopted(), j) {
		for name, hash := range chaosReaders {
			r, err := from.NewReader(ReaderOptions{Name: name, Hash: hash, FromOldest: true})
			if err != nil {
				return nil, err
			}
			all = append(all, r)
		}
	}
	return all, nil
}

func chaosOut(c *crashtest.Child, name string) *os.File {
	f, err := os.OpenFile(filepath.Join(c.Args[2], name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		c.Fail(err)
	}
	return f
}

func chaosProduce(c *crashtest.Child, j *Journal, g int) {
	rng := rand.New(rand.NewPCG(uint64(c.Run), uint64(g)))
	for n := uint64(1); ; n++ {
		size := 32 + rng.IntN(600)
		switch rng.IntN(1500) {
		case 0:
			size = 10<<10 + rng.IntN(100<<10)
		case 1:
			size = 260<<10 + rng.IntN(400<<10) // a segment of its own
		}
		batch := make([]Frame, 1+rng.IntN(20)/19*rng.IntN(30))
		for i := range batch {
			batch[i] = Frame{Payload: crashtest.Record(c.Run, g, n+uint64(i), size), Tag: uint16(g), Priority: uint8(n % 12)}
			size = min(size, 2000)
		}
		c.Issue(g, n+uint64(len(batch))-1)
		for len(batch) > 0 {
			done, err := chaosAppend(j, batch, rng.IntN(3))
			n, batch = n+uint64(done), batch[done:]
			c.Accept(g, n-1)
			switch {
			case errors.Is(err, ErrClosed):
				return
			case err != nil && !errors.Is(err, ErrFull):
				c.Fail("append:", err)
			}
		}
		n--
		if n%100 < 3 {
			time.Sleep(time.Duration(rng.IntN(3000)) * time.Microsecond) // many faults, not many bytes
		}
	}
}

// chaosAppend appends in one of three ways, and says how many were accepted.
func chaosAppend(j *Journal, batch []Frame, way int) (int, error) {
	if len(batch) > 1 {
		done, _, err := j.AppendBatch(batch)
		return done, err
	}
	var err error
	if way == 0 {
		_, err = j.AppendWait(context.Background(), batch[0].Payload, batch[0].Tag, batch[0].Priority)
	} else {
		_, err = j.Append(batch[0].Payload, batch[0].Tag, batch[0].Priority)
	}
	if err != nil {
		return 0, err
	}
	return 1, nil
}

// chaosDeliver is one destination: quick, slow with long rests, or one that takes only parts of what it was given.
func chaosDeliver(c *crashtest.Child, r *Reader, out *os.File, drain bool, rng *rand.Rand) {
	name := r.Name()
	var dst [128]Entry
	var batch []byte
	for {
		n, err := r.Next(dst[:1+rng.IntN(len(dst))], 1+rng.IntN(256<<10))
		if err != nil {
			return
		}
		if n == 0 {
			if drain {
				return
			}
			r.Wait(context.Background(), rng.IntN(2) == 0, 20*time.Millisecond)
			continue
		}
		if name == "again" && !drain {
			n = 1 + rng.IntN(n)
		}
		batch = batch[:0]
		for _, e := range dst[:n] {
			batch = append(binary.LittleEndian.AppendUint32(batch, uint32(len(e.Payload))), e.Payload...)
		}
		if _, err := out.Write(batch); err != nil {
			c.Fail(err)
		}
		_ = r.Ack(dst[n-1].End) // a full disk may keep the cursor back: then it is stored with a later one
		r.Release()
		if name == "again" && !drain {
			r.Rewind()
		}
		if name == "slow" && !drain && rng.IntN(10) == 0 {
			time.Sleep(time.Duration(rng.IntN(60)) * time.Millisecond)
		}
	}
}
