package nulldest

import (
	"testing"

	"github.com/hydra-logger/hydra/destination/destinationtest"
)

func TestDriverKeepsTheRules(t *testing.T) {
	destinationtest.Run(t, func(*testing.T) destinationtest.Harness { return destinationtest.Harness{Driver: New()} })
}
