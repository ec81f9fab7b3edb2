// Package tests holds the tests that need other modules or real servers.
package tests

import (
	"testing"

	"github.com/hydra-logger/hydra/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }
