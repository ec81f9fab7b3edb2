//go:build !linux

package hydra_test

import (
	"os/exec"
	"testing"
)

type cgroup struct{}

func memoryCgroup(t *testing.T, _ int64) *cgroup {
	t.Skip("control groups are of Linux")
	return nil
}

func (*cgroup) runIn(*testing.T, *exec.Cmd) {}
func (*cgroup) usage(*testing.T) int64      { return 0 }
func (*cgroup) most(*testing.T) int64       { return 0 }
func (*cgroup) kills(*testing.T) int        { return 0 }
