package logrushydra

import (
	"errors"
	"io"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newLogrus(log *hydra.Logger) *logrus.Logger {
	l := logrus.New()
	l.SetOutput(io.Discard)
	l.SetLevel(logrus.TraceLevel)
	l.AddHook(NewHook(log))
	return l
}

func TestFieldsAndLevelsArrive(t *testing.T) {
	log, rec := hydratest.New(t)
	e := newLogrus(log).WithField("n", 1).WithError(errors.New("bad"))
	for m, l := range map[string]logrus.Level{"t": logrus.TraceLevel, "d": logrus.DebugLevel, "i": logrus.InfoLevel, "w": logrus.WarnLevel, "e": logrus.ErrorLevel} {
		e.Log(l, m)
		rec.Expect(hydratest.HasMessage(m), hydratest.Level(LevelOf(l)), hydratest.HasAttr("n", 1), hydratest.HasKey("error"))
	}
}

func TestPanicFindsItsEntryDelivered(t *testing.T) {
	slow := &hydratest.Faulty{Remote: true}
	slow.Fail(nil, 1)
	log, _ := hydratest.New(t, hydra.WithDestination("", hydra.DestinationOptions{Name: "slow", Driver: slow}))
	defer func() {
		if recover() == nil || slow.Delivered() != 1 {
			t.Errorf("delivered %d when the panic went on", slow.Delivered())
		}
	}()
	newLogrus(log).Panic("p")
}

func TestANilLoggerWritesNothing(t *testing.T) {
	newLogrus(nil).Info("m")
}
