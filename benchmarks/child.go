package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
)

// A child process is this program with these variables set.
const (
	childVariable = "HYDRA_BENCHMARK_CHILD" // what it is to do
	childPeer     = "HYDRA_BENCHMARK_PEER"
	childPath     = "HYDRA_BENCHMARK_PATH"
	childDir      = "HYDRA_BENCHMARK_DIR"
	childRecords  = "HYDRA_BENCHMARK_RECORDS"
)

// What a child does.
const (
	logUntilKilled = "log"
	logAndExit     = "exit"
	openAndClose   = "open"
)

// childCommand returns a command that runs this program as a child.
func childCommand(what, peer, path, dir string, records int) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childVariable+"="+what, childPeer+"="+peer, childPath+"="+path, childDir+"="+dir,
		childRecords+"="+strconv.Itoa(records))
	cmd.Stderr = os.Stderr
	return cmd, nil
}

func runChild(what string) int {
	if err := child(what); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 2
	}
	return 0
}

func child(what string) error {
	c, err := openCounter(os.Getenv(childDir) + "/accepted")
	if err != nil {
		return err
	}
	ps := selectPeers(func(p *peer) bool { return p.name == os.Getenv(childPeer) })
	if len(ps) == 0 {
		return fmt.Errorf("no peer %q", os.Getenv(childPeer))
	}
	s, err := ps[0].toFile(os.Getenv(childPath), os.Getenv(childDir))
	if err != nil {
		return err
	}
	if what == openAndClose {
		return s.closed()
	}
	n, err := strconv.Atoi(os.Getenv(childRecords))
	if err != nil {
		return err
	}
	accepted := c.value()
	for i := range n {
		s.fields10(i, 1)
		atomic.StoreUint64(accepted, uint64(i+1))
	}
	if what == logAndExit {
		os.Exit(0)
	}
	return fmt.Errorf("logged %d records and was not killed", n)
}
