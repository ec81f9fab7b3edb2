// Package all makes every destination of the plugin folder known to a configuration, for services that share one file.
//
//	log, err := hydra.Open("hydra.yaml", all.All()...)
package all

import (
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/plugin/kafkadest"
	"github.com/hydra-logger/hydra/plugin/natsdest"
	"github.com/hydra-logger/hydra/plugin/redisdest"
)

// All returns the options that register the types kafka, nats and redis. A service that uses one of them links less when
// it registers that one.
func All() []hydra.Option {
	return []hydra.Option{kafkadest.Register(), natsdest.Register(), redisdest.Register()}
}
