package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// inDir makes an empty directory the working directory and returns its path.
func inDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("HOME", filepath.Join(dir, "home"))
	return dir
}

func mustResolve(t *testing.T, c *Config) Plan {
	t.Helper()
	plan, err := Resolve(c)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func oneFile(path, format string) *Config {
	return &Config{Layers: map[string]Layer{"app": {Destinations: []Destination{{Type: "file", Path: path, Format: format}}}}}
}

func TestZeroConfigIsAConsoleAtInfo(t *testing.T) {
	dir := inDir(t)
	p := mustResolve(t, &Config{})
	if len(p.Layers) != 1 || p.Layers[0].Name != "default" || p.Layers[0].Level != LevelInfo {
		t.Errorf("layers are %+v", p.Layers)
	}
	if len(p.Destinations) != 1 || p.Destinations[0].Type != "console" || p.Destinations[0].Stream != "stdout" ||
		p.Destinations[0].Name != "console-stdout" || p.Destinations[0].Overflow != OverflowDropOldest {
		t.Errorf("destinations are %+v", p.Destinations)
	}
	if p.Mode != ModeAsync || p.SyncLevel != LevelCritical || p.CloseTimeout != 10*time.Second || !p.Journal.Enabled ||
		p.Journal.MaxWait != 10*time.Millisecond || p.LogDir != filepath.Join(dir, "logs") || p.Name == "" {
		t.Errorf("plan is %+v", p)
	}
}

func TestGeneratedDefaultLayerHasTheDefaultLevel(t *testing.T) {
	p := mustResolve(t, &Config{DefaultLevel: "debug"})
	if p.Layers[0].Level != LevelDebug || p.LevelOf("default") != LevelDebug || p.LevelOf("unknown") != LevelDebug {
		t.Errorf("plan is %+v", p)
	}
}

func TestConfiguredLayerWithoutALevelHasInfoWhateverTheDefaultLevelIs(t *testing.T) {
	p := mustResolve(t, &Config{DefaultLevel: "debug", Layers: map[string]Layer{"app": {Destinations: []Destination{{Type: "null"}}}}})
	if p.LevelOf("app") != LevelInfo || p.LevelOf("other") != LevelDebug {
		t.Errorf("app has %v, another %v", p.LevelOf("app"), p.LevelOf("other"))
	}
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0].Message, "layers.app has no level") {
		t.Errorf("warnings are %v", p.Warnings)
	}
}

func TestRouteHasTheHigherOfLayerAndDestinationLevel(t *testing.T) {
	p := mustResolve(t, &Config{Layers: map[string]Layer{"api": {Level: "WARNING", Destinations: []Destination{
		{Type: "null"}, {Type: "file", Path: "a", Level: "ERROR"}, {Type: "memory", Level: "DEBUG"},
	}}}})
	got := p.Layers[0].Routes
	if len(got) != 3 || got[0].MinLevel != LevelWarning || got[1].MinLevel != LevelError || got[2].MinLevel != LevelWarning {
		t.Errorf("routes are %+v", got)
	}
}

func TestSameFileInSeveralLayersIsOneDestination(t *testing.T) {
	dir := inDir(t)
	p := mustResolve(t, &Config{Layers: map[string]Layer{
		"a": {Destinations: []Destination{{Type: "file", Path: "x.log"}}},
		"b": {Destinations: []Destination{{Type: "file", Path: dir + "/logs/./x.log", Level: "error"}, {Type: "file", Path: "logs/x.log"}}},
	}})
	if len(p.Destinations) != 1 || len(p.Destinations[0].Where) != 3 {
		t.Fatalf("destinations are %+v", p.Destinations)
	}
	if r := p.Layers[1].Routes; len(r) != 1 || r[0].MinLevel != LevelInfo {
		t.Errorf("two routes of one layer to one destination became %+v", r)
	}
}

func TestSameFileWithDifferentSettingsIsAnErrorThatNamesBothPlaces(t *testing.T) {
	inDir(t)
	_, err := Resolve(&Config{Layers: map[string]Layer{
		"a": {Destinations: []Destination{{Type: "file", Path: "x"}}},
		"b": {Destinations: []Destination{{Type: "file", Path: "x", ID: true}}},
	}})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"layers.a.destinations[0]", "layers.b.destinations[0]", "id false and true", "logs/x"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not contain %q", err, want)
		}
	}
}

func TestStreamWithTwoFormatsIsTwoDestinationsWithStableNames(t *testing.T) {
	c := &Config{Layers: map[string]Layer{
		"a": {Destinations: []Destination{{Type: "console"}}},
		"b": {Destinations: []Destination{{Type: "console", Format: "json-lines"}}},
		"c": {Destinations: []Destination{{Type: "console"}}},
	}}
	p := mustResolve(t, c)
	if len(p.Destinations) != 2 || p.Layers[0].Routes[0] != p.Layers[2].Routes[0] {
		t.Fatalf("plan is %+v", p)
	}
	json := p.Destinations[1].Name
	delete(c.Layers, "c")
	c.Layers["Z"] = Layer{Destinations: []Destination{{Type: "console", Format: "json-lines"}}}
	again := mustResolve(t, c)
	if again.Destinations[0].Name != json {
		t.Errorf("the name changed from %q to %q with the order of layers", json, again.Destinations[0].Name)
	}
}

func TestNamedDestinationIsUsedByName(t *testing.T) {
	inDir(t)
	p := mustResolve(t, &Config{
		Destinations: map[string]Destination{
			"events": {Type: "file", Path: "events.jsonl", Level: "WARNING"},
			"spare":  {Type: "null"},
		},
		Layers: map[string]Layer{
			"a": {Level: "DEBUG", Destinations: []Destination{Use("events"), {Type: "console"}}},
			"b": {Level: "DEBUG", Destinations: []Destination{{Ref: "events", Level: "ERROR"}}},
		},
	})
	if len(p.Destinations) != 2 || p.Destinations[0].Name != "events" || p.Destinations[0].Format != FormatJSONLines {
		t.Fatalf("destinations are %+v", p.Destinations)
	}
	if a, b := p.Layers[0].Routes[0].MinLevel, p.Layers[1].Routes[0].MinLevel; a != LevelWarning || b != LevelError {
		t.Errorf("levels are %v and %v", a, b)
	}
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0].Message, "destinations.spare is not used") {
		t.Errorf("warnings are %v", p.Warnings)
	}
}

func TestTwoDestinationsCannotHaveOneName(t *testing.T) {
	inDir(t)
	_, err := Resolve(&Config{Layers: map[string]Layer{"a": {Destinations: []Destination{
		{Name: "x", Type: "file", Path: "a"}, {Name: "x", Type: "file", Path: "b"},
	}}}})
	if err == nil || !strings.Contains(err.Error(), `layers.a.destinations[0] and layers.a.destinations[1] are different destinations with the same name "x"`) {
		t.Errorf("error is %v", err)
	}
}

func TestDisabledLayerAcceptsNothing(t *testing.T) {
	p := mustResolve(t, &Config{Layers: map[string]Layer{"a": {Enabled: Bool(false), Destinations: []Destination{{Type: "null"}}}}})
	if p.Layers[0].Level != LevelOff || len(p.Layers[0].Routes) != 0 || len(p.Destinations) != 0 {
		t.Errorf("plan is %+v", p)
	}
}

func TestOverflowOfACommitLayerIsBlock(t *testing.T) {
	p := mustResolve(t, &Config{Layers: map[string]Layer{
		"audit": {Durability: "commit", Destinations: []Destination{{Type: "null"}, {Type: "console"}}},
		"web":   {Destinations: []Destination{{Type: "console"}}},
	}})
	if !p.Layers[0].Commit || p.Layers[1].Commit {
		t.Errorf("layers are %+v", p.Layers)
	}
	if p.Destinations[0].Overflow != OverflowBlock || p.Destinations[1].Overflow != OverflowDropOldest {
		t.Errorf("destinations are %+v", p.Destinations)
	}
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0].Message, "durability commit") {
		t.Errorf("warnings are %v", p.Warnings)
	}
	all := mustResolve(t, &Config{Journal: Journal{Durability: "commit"}})
	if !all.Layers[0].Commit || all.Destinations[0].Overflow != OverflowBlock {
		t.Errorf("with journal.durability commit the plan is %+v", all)
	}
}

func TestFilePathsAreBelowTheLogDirectory(t *testing.T) {
	dir := inDir(t)
	cases := []struct{ base, path, format, want string }{
		{"", "app.log", "", "logs/app.log"},
		{"", "logs/app.log", "", "logs/app.log"},
		{"var", "app.log", "", "var/app.log"},
		{"var", "logs/app.log", "", "logs/app.log"},
		{dir + "/abs", "app.log", "", "abs/app.log"},
		{"~/l", "app.log", "", "home/l/app.log"},
		{"", "~/app.log", "", "home/app.log"},
		{"", dir + "/x/app.log", "", "x/app.log"},
		{"var", "a/../b.log", "", "var/b.log"},
		{"", "t01_audit", "plain-text", "logs/t01_audit.log"},
		{"", "app.txt", "plain-text", "logs/app.log"},
		{"", "x", "colored", "logs/x.log"},
		{"", "E.JSONL", "", "logs/E.jsonl"},
		{"", "app", "", "logs/app"},
		{"", "app.txt", "", "logs/app.txt"},
		{"", ".jsonl", "", "logs/.jsonl"},
		{"", "v1.2/e", "", "logs/v1.2/e"},
		{"", "app.log", "json-lines", "logs/app.jsonl"},
		{"", "a.json", "", "logs/a.jsonl"},
	}
	for _, c := range cases {
		cfg := oneFile(c.path, c.format)
		cfg.BaseLogDir = c.base
		if got := mustResolve(t, cfg).Destinations[0].Path; got != filepath.Join(dir, c.want) {
			t.Errorf("base %q path %q format %q: %s, want %s", c.base, c.path, c.format, got, c.want)
		}
	}
}

func TestDeviceKeepsItsNameWhateverTheFormat(t *testing.T) {
	for _, path := range []string{"/dev/null", t.TempDir()} {
		if got := mustResolve(t, oneFile(path, "json-lines")).Destinations[0].Path; got != path {
			t.Errorf("%s became %s", path, got)
		}
	}
}

func TestChangedExtensionIsAWarning(t *testing.T) {
	inDir(t)
	p := mustResolve(t, oneFile("app.txt", "plain-text"))
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0].Message, "app.txt is written as app.log") {
		t.Errorf("warnings are %v", p.Warnings)
	}
	if p := mustResolve(t, oneFile("app", "plain-text")); len(p.Warnings) != 0 {
		t.Errorf("an added extension warns: %v", p.Warnings)
	}
}

func TestFormatOfAFileFollowsItsExtension(t *testing.T) {
	for path, want := range map[string]string{"e.json": FormatJSONLines, "e.jsonl": FormatJSONLines, "e.log": FormatPlainText, "e": FormatPlainText, "e.txt": FormatPlainText} {
		if got := mustResolve(t, oneFile(path, "")).Destinations[0].Format; got != want {
			t.Errorf("%s has format %q, want %q", path, got, want)
		}
	}
}

func TestFingerprintIsOfTheEffectNotOfTheText(t *testing.T) {
	dir := inDir(t)
	a := oneFile("x.log", "")
	b := oneFile(filepath.Join(dir, "logs", "x.log"), "plain-text")
	b.DefaultLevel, b.CloseTimeout, b.Mode = "info", Duration(10*time.Second), "async"
	if a.Fingerprint() != b.Fingerprint() {
		t.Errorf("equal configurations have fingerprints %s and %s", a.Fingerprint(), b.Fingerprint())
	}
	seen := map[string]string{a.Fingerprint(): "base"}
	for name, change := range map[string]func(*Config){
		"level":   func(c *Config) { l := c.Layers["app"]; l.Level = "DEBUG"; c.Layers["app"] = l },
		"name":    func(c *Config) { c.Name = "other" },
		"source":  func(c *Config) { c.AddSource = true },
		"journal": func(c *Config) { c.Journal.Quota = 5 << 20 },
		"dir":     func(c *Config) { c.BaseLogDir = "var" },
		"wrong":   func(c *Config) { c.Mode = "x" },
	} {
		c := oneFile("x.log", "")
		change(c)
		if other, taken := seen[c.Fingerprint()]; taken {
			t.Errorf("%s has the fingerprint of %s", name, other)
		}
		seen[c.Fingerprint()] = name
	}
}

func TestNoTimeoutAndNoReserveAreKept(t *testing.T) {
	p := mustResolve(t, &Config{CloseTimeout: NoTimeout, SyncLevel: "none", Journal: Journal{Reserve: NoReserve}})
	if p.CloseTimeout != 0 || p.SyncLevel != LevelOff || p.Journal.Reserve != -1 {
		t.Errorf("plan is %+v", p)
	}
}

func TestResolveCreatesNothing(t *testing.T) {
	dir := inDir(t)
	mustResolve(t, &Config{Journal: Journal{Dir: "state"}, Layers: oneFile("x.log", "").Layers})
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 0 {
		t.Errorf("there is %v, %v", entries, err)
	}
}

func TestDescriptionsOfOneFileCompleteEachOther(t *testing.T) {
	inDir(t)
	count := 5
	file := func(d Destination) map[string]Layer {
		d.Type, d.Path = "file", "x"
		return map[string]Layer{"a": {Destinations: []Destination{{Type: "file", Path: "x", Schema: "ecs"}}}, "b": {Destinations: []Destination{d}}}
	}
	p := mustResolve(t, &Config{Layers: file(Destination{BackupCount: &count, RetryCount: &count})})
	if d := p.Destinations[0]; len(p.Destinations) != 1 || d.Rotation == nil || d.Rotation.Backups != 5 || *d.Delivery.RetryCount != 5 || d.Layout.Schema != "ecs" {
		t.Errorf("%+v", p.Destinations)
	}
	if _, err := Resolve(&Config{Layers: file(Destination{Schema: "gcp"})}); err == nil || !strings.Contains(err.Error(), "with different settings (layout)") {
		t.Error(err)
	}
}

func TestNameThatIsMadeDependsOnTheTargetAlone(t *testing.T) {
	names := func(a, b string) string {
		p := mustReadText(t, "layers: {x: {destinations: [{type: network_http, url: 'http://a'"+a+"}, {type: network_http, url: 'http://b'"+b+"}]}}", Options{}).Plan
		return p.Destinations[0].Name + " " + p.Destinations[1].Name
	}
	first := names("", "")
	if again := names(", retry_count: 3, tls: {}", ", auth_token: x"); again != first || strings.Count(first, "network_http-") != 2 {
		t.Errorf("%s became %s", first, again)
	}
}
