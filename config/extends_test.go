package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write puts files into the working directory, an empty one, and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := inDir(t)
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func mustRead(t *testing.T, path string, o Options) *Loaded {
	t.Helper()
	l, err := Read(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLaterParentsWinMappingsAreMergedAndListsReplaced(t *testing.T) {
	dir := write(t, map[string]string{
		"a.yaml":          "name: a\nbuffer_size: 1\nlayers: {app: {level: ERROR, destinations: [{type: console}, {type: 'null'}]}}\n",
		"sub/b.yaml":      "extends: deep/d.yaml\nname: b\nlayers: {web: {destinations: [{type: console}]}}\n",
		"sub/deep/d.yaml": "version: d\nname: d\n",
		"c.yaml":          "extends: [a.yaml, sub/b.yaml]\nlayers: {app: {destinations: [{type: 'null'}]}}\n",
	})
	l := mustRead(t, "c.yaml", Options{})
	c := l.Config
	if c.Name != "b" || c.Version != "d" || c.BufferSize != 1 || c.Layers["app"].Level != "ERROR" ||
		len(c.Layers["app"].Destinations) != 1 || len(c.Layers["web"].Destinations) != 1 {
		t.Errorf("%+v", c)
	}
	want := []string{"c.yaml", "a.yaml", "sub/b.yaml", "sub/deep/d.yaml"}
	for i, name := range want {
		if len(l.Files) != len(want) || l.Files[i] != filepath.Join(dir, name) {
			t.Fatalf("files are %v", l.Files)
		}
	}
}

func TestErrorInAParentHasItsPlaceInTheParent(t *testing.T) {
	write(t, map[string]string{
		"base.yaml": "layers:\n  app:\n    level: loud\n    destinations: [{type: consol}]\n",
		"c.yaml":    "extends: base.yaml\nnme: x\nlayers: {app: {colour: red}}\n",
	})
	_, err := Read("c.yaml", Options{})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`c.yaml:2:1: unknown key "nme"`, `c.yaml:3:16: unknown key "colour"`,
		`base.yaml:3:12: layers.app.level: unknown level "loud"`, "   3 |     level: loud\n", `base.yaml:4:27: layers.app.destinations[0].type: unknown type "consol"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not contain %q", err, want)
		}
	}
}

func TestWhatIsWrongWithExtendsIsSaidWhereItStands(t *testing.T) {
	dir := write(t, map[string]string{
		"self.yaml": "extends: self.yaml", "x.yaml": "name: x\nextends: y.yaml", "y.yaml": "extends: [z.yaml]", "z.yaml": "extends: x.yaml",
		"d0.yaml": "extends: d1.yaml", "d1.yaml": "extends: d2.yaml", "d2.yaml": "name: d",
		"broken.yaml": "a: [", "list.yaml": "- a", "dir/x": "", "many.yaml": "extends: [" + strings.Repeat("d2.yaml, ", 250) + "]",
		"b.yaml": "extends: broken.yaml", "l.yaml": "extends: list.yaml", "n.yaml": "extends: none.yaml", "f.yaml": "extends: dir", "e.yaml": "extends: ''",
		"i.yaml": "extends: 3", "m.yaml": "extends: {a: b}", "t.yaml": "extends: template:producton", "v.yaml": "extends: ${NOT_SET_AT_ALL}.yaml",
	})
	if err := os.Symlink(filepath.Join(dir, "x.yaml"), filepath.Join(dir, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"self.yaml": "self.yaml:1:10: extends: a cycle: self.yaml -> self.yaml",
		"x.yaml":    "z.yaml:1:10: extends: a cycle: x.yaml -> y.yaml -> z.yaml -> x.yaml",
		"link.yaml": "a cycle: link.yaml -> y.yaml -> z.yaml -> x.yaml",
		"d0.yaml":   "d1.yaml:1:10: extends is nested deeper than 1 files (max_extends_depth): d0.yaml -> d1.yaml -> d2.yaml",
		"many.yaml": "more than 200 files",
		"b.yaml":    "broken.yaml:2:1: not valid YAML",
		"l.yaml":    "list.yaml:1:1: a configuration is a mapping",
		"n.yaml":    "n.yaml:1:10: extends:",
		"f.yaml":    "dir is not a file but a directory",
		"e.yaml":    "e.yaml:1:10: extends: the path of a file can't be empty",
		"i.yaml":    "extends must be the path of a file or a list of them, not a number",
		"m.yaml":    "extends must be the path of a file or a list of them, not a mapping",
		"t.yaml":    `there is no template "producton" (templates are default, development, production, enterprise, custom), did you mean "production"?`,
		"v.yaml":    "extends: the environment variable NOT_SET_AT_ALL is not set",
	} {
		o := Options{}
		if file == "d0.yaml" {
			o.MaxExtendsDepth = 1
		}
		if _, err := Read(file, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
}

func TestFileMayExtendATemplateOfTheProgramOrAPreset(t *testing.T) {
	own := Templates{"house": {Environment: "prod", Layers: map[string]Layer{"audit": {Durability: "commit", Destinations: null()}}}}
	c := mustReadText(t, "extends: [template:production, template:house]\nlayers: {error: {level: CRITICAL}}\n", Options{Templates: own}).Config
	if c.Environment != "prod" || c.Layers["audit"].Durability != "commit" || c.Layers["error"].Level != "CRITICAL" ||
		c.Layers["error"].Destinations[0].Path != "error.log" || !c.EnableSecurity || c.BufferSize != 32768 {
		t.Errorf("%+v", c)
	}
}

func mustReadText(t *testing.T, text string, o Options) *Loaded {
	t.Helper()
	l, err := ReadText([]byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestParentsCountForTheNumberOfValues(t *testing.T) {
	write(t, map[string]string{
		"base.yaml": "layers: {app: {destinations: [{type: console}]}}", // 6 values
		"c.yaml":    "extends: base.yaml\nname: x\n",                    // 7 with them
	})
	if _, err := Read("c.yaml", Options{MaxMergedNodes: 7}); err != nil {
		t.Error(err)
	}
	if _, err := Read("c.yaml", Options{MaxMergedNodes: 6}); err == nil || !strings.Contains(err.Error(), "more than 6 values (max_merged_nodes)") {
		t.Error(err)
	}
}

func TestNullOfAChildTakesBackWhatTheParentSays(t *testing.T) {
	write(t, map[string]string{"base.yaml": "base_log_dir: var\nname: x\n", "c.yaml": "extends: base.yaml\nbase_log_dir: null\n"})
	if c := mustRead(t, "c.yaml", Options{}).Config; c.BaseLogDir != "" || c.Name != "x" {
		t.Errorf("%+v", c)
	}
}
