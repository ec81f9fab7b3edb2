package saramahydra_test

import (
	"sync/atomic"
	"testing"

	"github.com/IBM/sarama"
	"go.uber.org/goleak"
)

// said is sarama.Logger during the tests: clients that end late still read that variable.
var said = &switched{}

type switched struct {
	to atomic.Pointer[sarama.StdLogger]
}

func (s *switched) Print(v ...any) { s.with(func(l sarama.StdLogger) { l.Print(v...) }) }
func (s *switched) Printf(format string, v ...any) {
	s.with(func(l sarama.StdLogger) { l.Printf(format, v...) })
}
func (s *switched) Println(v ...any) { s.with(func(l sarama.StdLogger) { l.Println(v...) }) }

func (s *switched) with(f func(sarama.StdLogger)) {
	if l := s.to.Load(); l != nil {
		f(*l)
	}
}

func TestMain(m *testing.M) {
	sarama.Logger = said
	// The library that sarama counts with has one goroutine for all of its life.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}
