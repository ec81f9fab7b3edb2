package config

import (
	"path/filepath"
	"testing"
)

func TestTheStateDirectoryIsTheFirstPlaceThatThereIs(t *testing.T) {
	base := t.TempDir()
	file := Config{Name: "my app", BaseLogDir: base, Layers: map[string]Layer{"default": {Destinations: []Destination{{Type: "file", Path: "a.log"}}}}}
	outside := Config{Name: "app", BaseLogDir: base, Layers: map[string]Layer{
		"default": {Destinations: []Destination{{Type: "file", Path: filepath.Join(filepath.Dir(base), "elsewhere", "a.log")}}}}}
	console := Config{Name: "app"}
	set, sync, memory := console, file, file
	set.Journal.Dir = filepath.Join(base, "state")
	sync.Mode, sync.Journal.Dir = "sync", filepath.Join(base, "state")
	memory.Journal.Durability = "memory"
	for _, c := range []struct {
		name          string
		cfg           Config
		state, system string // environment
		dir, parent   string
	}{
		{"journal.dir", set, "/env", "/sys", filepath.Join(base, "state"), ""},
		{"HYDRA_STATE_DIR", file, "/env", "/sys", "/env/my_app", "/env"},
		{"the first of STATE_DIRECTORY", file, "", "/sys:/other", "/sys/my_app", "/sys"},
		{"beside the logs", file, "", "", filepath.Join(base, ".hydra", "my_app"), filepath.Join(base, ".hydra")},
		{"beside a log outside of the base", outside, "", "", filepath.Join(filepath.Dir(base), "elsewhere", ".hydra", "app"), filepath.Join(filepath.Dir(base), "elsewhere", ".hydra")},
		{"a console alone", console, "", "", "", ""},
		{"mode sync, whatever else is written", sync, "/env", "/sys", "", ""},
		{"durability memory", memory, "/env", "/sys", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("HYDRA_STATE_DIR", c.state)
			t.Setenv("STATE_DIRECTORY", c.system)
			p, err := Resolve(&c.cfg)
			if err != nil {
				t.Fatal(err)
			}
			if dir, err := p.StateDir(); dir != c.dir || err != nil {
				t.Errorf("the directory is %q, %v; want %q", dir, err, c.dir)
			}
			if parent := p.StateParent(); parent != c.parent {
				t.Errorf("that of all names is %q, want %q", parent, c.parent)
			}
		})
	}
}

func TestADirectoryHasASafeName(t *testing.T) {
	for name, want := range map[string]string{"a.b_c-1": "a.b_c-1", "../x": ".._x", "..": "hydra", "": "hydra", "größe": "gr__e"} {
		if got := fileName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}
