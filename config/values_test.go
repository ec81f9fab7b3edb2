package config

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestLevelNamesAreReadInAnyCase(t *testing.T) {
	for name, want := range map[Level]slog.Level{
		"NOTSET": LevelNotSet, "trace": -8, "Debug": -4, "INFO": 0, "warning": 4, "WARN": 4, " error ": 8, "Critical": 12, "FATAL": 12,
	} {
		got, err := name.Parse()
		if err != nil || got != want {
			t.Errorf("%q is %v, %v", name, got, err)
		}
	}
	for _, bad := range []Level{"", "20", "verbose", "INFORMATION"} {
		if _, err := bad.Parse(); err == nil || !strings.Contains(err.Error(), "level") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if Level("").Or(LevelError) != LevelError || Level("debug").Or(LevelError) != LevelDebug {
		t.Error("Or does not fall back")
	}
}

func TestLevelNameIsTheNextLowerOne(t *testing.T) {
	for n, want := range map[slog.Level]string{LevelOff: "NONE", 13: "CRITICAL", 12: "CRITICAL", 9: "ERROR", 5: "WARNING", 2: "INFO",
		-1: "DEBUG", -8: "TRACE", -9: "NOTSET", LevelNotSet: "NOTSET"} {
		if got := LevelName(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

func TestDurationsAreSecondsOrHaveAUnit(t *testing.T) {
	for text, want := range map[string]time.Duration{"10": 10 * time.Second, "0.25": 250 * time.Millisecond, "250ms": 250 * time.Millisecond,
		"1h30m": 90 * time.Minute, " 2s ": 2 * time.Second, "0": 0, "1e3": 1000 * time.Second} {
		got, err := ParseDuration(text)
		if err != nil || got.Std() != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
		if again, err := ParseDuration(got.String()); err != nil || again != got {
			t.Errorf("%q is written as %q, which reads %v, %v", text, got, again, err)
		}
	}
	for _, bad := range []string{"", "soon", "10 parsecs", "inf", "nan", "1e300", "-1e300"} {
		if _, err := ParseDuration(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestSizesAreBytesOrHaveAUnit(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "5": 5, "256KiB": 256 << 10, "5MB": 5e6, "1.5 GiB": 3 << 29, "2tib": 2 << 40, "3k": 3000, "7B": 7, "1G": 1e9} {
		got, err := ParseSize(text)
		if err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
		if again, err := ParseSize(got.String()); err != nil || again != got {
			t.Errorf("%q is written as %q, which reads %v, %v", text, got, again, err)
		}
	}
	for _, bad := range []string{"", "x", "MB", "5 XB", "1e30", "9999999TiB", "5MBB", "--5"} {
		if got, err := ParseSize(bad); err == nil {
			t.Errorf("%q is accepted as %v", bad, got)
		}
	}
}

func TestDurabilityIsRead(t *testing.T) {
	cases := map[Durability]struct {
		kind DurabilityKind
		d    time.Duration
	}{
		"": {DurabilityDefault, 0}, "memory": {DurabilityMemory, 0}, "Process": {DurabilityProcess, 0}, "commit": {DurabilityCommit, 0},
		"interval": {DurabilityInterval, time.Second}, "interval: 2s": {DurabilityInterval, 2 * time.Second},
		"interval 250ms": {DurabilityInterval, 250 * time.Millisecond}, "interval:3": {DurabilityInterval, 3 * time.Second},
	}
	for text, want := range cases {
		kind, d, err := text.Parse()
		if err != nil || kind != want.kind || d != want.d {
			t.Errorf("%q is %v %v, %v", text, kind, d, err)
		}
	}
	for _, bad := range []Durability{"comit", "interval: soon", "interval: 1us", "interval: 2h", "commit: 1s", "interval: -1"} {
		if _, _, err := bad.Parse(); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestOverflowIsRead(t *testing.T) {
	cases := map[Overflow]OverflowKind{"": OverflowDefault, "drop_oldest": OverflowDropOldest, "drop_newest": OverflowDropNewest,
		"shed_below: warning": OverflowShedBelow, "shed_below WARNING": OverflowShedBelow, "block": OverflowBlock, "block_with_timeout": OverflowBlockTimeout}
	for text, want := range cases {
		kind, level, err := text.Parse()
		if err != nil || kind != want || want == OverflowShedBelow && level != LevelWarning {
			t.Errorf("%q is %v %v, %v", text, kind, level, err)
		}
	}
	for _, bad := range []Overflow{"drop", "shed_below", "shed_below: loud", "block: 1s"} {
		if _, _, err := bad.Parse(); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestLevelsOfTheEnvironmentAreRead(t *testing.T) {
	all, byName, bad := ParseLevels(" info , payments=debug,payments.refunds = TRACE,, ")
	if len(bad) > 0 || all == nil || *all != LevelInfo || len(byName) != 2 || byName["payments"] != LevelDebug || byName["payments.refunds"] != LevelTrace {
		t.Errorf("%v, %v, %v", all, byName, bad)
	}
	if all, byName, bad := ParseLevels(""); all != nil || len(byName) != 0 || len(bad) != 0 {
		t.Errorf("nothing is %v, %v, %v", all, byName, bad)
	}
}

func TestWhatIsWrongInTheEnvironmentIsReportedAndTheRestApplies(t *testing.T) {
	all, byName, bad := ParseLevels("debug,info,a=warn,a=error,=debug,b=lout,c=")
	if all == nil || *all != LevelDebug || len(byName) != 1 || byName["a"] != LevelWarning {
		t.Errorf("%v, %v", all, byName)
	}
	if len(bad) != 5 {
		t.Errorf("%d problems: %v", len(bad), bad)
	}
}

func TestSuggestionIsTheNearestName(t *testing.T) {
	names := []string{"level", "layers", "default_level", "use_colors", "id"}
	for word, want := range map[string]string{"lvel": "level", "lvl": "level", "Layers": "layers", "defualt_level": "default_level",
		"use_colours": "use_colors", "xyz": "", "di": "id", strings.Repeat("x", 1000): "", "": ""} {
		if got := nearest(word, names); got != want {
			t.Errorf("%.20q gives %q, want %q", word, got, want)
		}
	}
}

func TestConfigurationIsWrittenWithTheKeysThatAreRead(t *testing.T) {
	c := mustParse(t, everything)
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := Parse(data, Options{FileName: "again.json"})
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if c.Fingerprint() != again.Fingerprint() {
		t.Errorf("%s\n%+v", data, again)
	}
}

func FuzzParseLevels(f *testing.F) {
	for _, s := range []string{"info,payments=debug", "=", "a=b=c", ",,,", "trace"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, byName, problems := ParseLevels(s)
		if len(byName)+len(problems) > strings.Count(s, ",")+1 {
			t.Fatalf("%q gives %v, %v", s, byName, problems)
		}
		if _, ok := byName[""]; ok {
			t.Fatalf("%q gives a level without a name", s)
		}
	})
}
