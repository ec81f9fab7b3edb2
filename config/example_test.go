package config_test

import (
	"fmt"

	"github.com/hydra-logger/hydra/config"
)

func ExampleParse() {
	_, _, err := config.Parse([]byte(`
layers:
  api:
    lvel: debug
    destinations:
      - type: consol
`), config.Options{FileName: "hydra.yaml"})
	fmt.Println(err)
	// Output:
	// hydra.yaml:4:5: unknown key "lvel" in layers.api, did you mean "level"?
	//    4 |     lvel: ...
	//      |     ^^^^
	// hydra.yaml:6:15: layers.api.destinations[0].type: unknown type "consol", did you mean "console"?
	//    6 |       - type: consol
	//      |               ^^^^^^
}

func ExampleResolve() {
	plan, err := config.Resolve(&config.Config{
		BaseLogDir: "/var/log/shop",
		Destinations: map[string]config.Destination{
			"events": {Type: "file", Path: "events.jsonl"},
		},
		Layers: map[string]config.Layer{
			"api":    {Level: "debug", Destinations: []config.Destination{config.Use("events"), {Type: "console"}}},
			"audit":  {Destinations: []config.Destination{config.Use("events")}, Durability: "commit"},
			"events": {Destinations: []config.Destination{{Type: "file", Path: "events.jsonl", Level: "error"}}},
		},
	})
	if err != nil {
		panic(err)
	}
	for _, d := range plan.Destinations {
		fmt.Println(d.Name, d.Address, d.Overflow == config.OverflowBlock)
	}
	for _, l := range plan.Layers {
		for _, r := range l.Routes {
			fmt.Println(l.Name, "->", plan.Destinations[r.Destination].Name, "from", config.LevelName(r.MinLevel))
		}
	}
	// Output:
	// events file:/var/log/shop/events.jsonl false
	// console-stdout console:stdout false
	// api -> events from DEBUG
	// api -> console-stdout from DEBUG
	// audit -> events from INFO
	// events -> events from ERROR
}

func ExampleParseLevels() {
	all, byName, problems := config.ParseLevels("info,payments=debug,orders=loud")
	fmt.Println(*all, byName, problems)
	// Output:
	// INFO map[payments:DEBUG] ["orders=loud": unknown level "loud" (levels are NOTSET, TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL)]
}

// A file extends a preset and takes a value from the environment.
func ExampleReadText() {
	l, err := config.ReadText([]byte(`
extends: template:production
base_log_dir: /var/log/shop
layers:
  default:
    level: ${LOG_LEVEL:-WARNING}
`), config.Options{LookupEnv: func(string) (string, bool) { return "", false }})
	if err != nil {
		panic(err)
	}
	_, all := l.Plan.Explain("error", config.LevelError)
	for _, r := range all {
		fmt.Println(r.Destination, r.Reached, "-", r.Why)
	}
	// Output:
	// console-stdout false - layer error does not use it (default)
	// file-error.jsonl true - ERROR is at or above ERROR
}

// What a reload has to do: one destination goes on, one is new.
func ExampleDiff() {
	plan := func(text string) *config.Plan {
		l, err := config.ReadText([]byte(text), config.Options{})
		if err != nil {
			panic(err)
		}
		return &l.Plan
	}
	d := config.Diff(
		plan("layers: {api: {destinations: [{type: console}]}}"),
		plan("layers: {api: {level: DEBUG, destinations: [{type: console}, {type: 'null', name: spare}]}}"),
	)
	for _, c := range append(d.Layers, d.Destinations...) {
		fmt.Println(c.Name, c.Kind, c.What)
	}
	// Output:
	// api changed [level destinations]
	// console-stdout unchanged []
	// spare added []
}
