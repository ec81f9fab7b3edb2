// Package tests holds the tests that need other modules or real servers.
package tests

import (
	"flag"
	"testing"

	"github.com/hydra-logger/hydra/internal/leak"
)

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "16") // those that run at the same time wait for servers, not for processors
	leak.Main(m)
}
