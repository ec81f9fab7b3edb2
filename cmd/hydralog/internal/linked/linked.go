// Package linked says which destinations the command has beside those of every program: all of the plugin folder.
package linked

import (
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/plugin/all"
	"github.com/hydra-logger/hydra/plugin/amqpdest"
	"github.com/hydra-logger/hydra/plugin/kafkadest"
	"github.com/hydra-logger/hydra/plugin/mqttdest"
	"github.com/hydra-logger/hydra/plugin/natsdest"
	"github.com/hydra-logger/hydra/plugin/redisdest"
)

// Types are the names of their types in a configuration.
func Types() []string {
	return []string{amqpdest.Type, kafkadest.Type, mqttdest.Type, natsdest.Type, redisdest.Type}
}

// Options are what makes them known to a logger, with others behind.
func Options(more ...hydra.Option) []hydra.Option { return append(all.All(), more...) }
