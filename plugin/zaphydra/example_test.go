package zaphydra_test

import (
	"errors"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/plugin/zaphydra"
	"go.uber.org/zap"
)

func ExampleNewCore() {
	log := hydra.Must(hydra.Parse([]byte(`
layers:
  default:
    destinations:
      - {type: console, format: json-lines, stream: stdout}
`)))
	defer log.Close()
	logger := zap.New(zaphydra.NewCore(log))
	checked := logger.Check(zap.InfoLevel, "charged")
	checked.Time = checked.Time.Truncate(0)
	logger.Named("payments").Error("declined", zap.Int("cents", 1200), zap.Error(errors.New("no funds")))
}
