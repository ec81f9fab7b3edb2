package hydra

import (
	"maps"
	"slices"
	"testing"

	"github.com/hydra-logger/hydra/config"
)

func TestConfigurationKnowsTheTypesOfExtensionsThatThereAre(t *testing.T) {
	have, want := slices.Sorted(maps.Keys(stockExtensions())), slices.Sorted(slices.Values(config.ExtensionTypes()))
	if !slices.Equal(have, want) {
		t.Errorf("there are %v, the configuration takes %v", have, want)
	}
}

func TestConfigurationKnowsTheTypesOfDestinationsThatThereAre(t *testing.T) {
	for name := range stockTypes() {
		if !slices.Contains(config.DestinationTypes(), name) {
			t.Errorf("the configuration does not take type %q", name)
		}
	}
}
