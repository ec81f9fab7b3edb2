package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println(versionText())
	return nil
}

// versionFlag is --version.
type versionFlag bool

// BeforeReset is called by kong before the other arguments are looked at.
func (versionFlag) BeforeReset(app *kong.Kong) error {
	fmt.Println(versionText())
	app.Exit(exitOK)
	return nil
}

// versionText says what the binary was built from.
func versionText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fmt.Sprintf("hydralog, built without module information, %s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	}
	set := map[string]string{}
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	text := fmt.Sprintf("hydralog %s, %s %s/%s", info.Main.Version, info.GoVersion, runtime.GOOS, runtime.GOARCH)
	if rev := set["vcs.revision"]; rev != "" {
		text += ", commit " + rev[:min(len(rev), 12)]
		if set["vcs.time"] != "" {
			text += " of " + set["vcs.time"]
		}
		if set["vcs.modified"] == "true" {
			text += ", modified"
		}
	}
	for _, dep := range info.Deps {
		if dep.Path == "github.com/hydra-logger/hydra" {
			text += fmt.Sprintf("\n%s %s", dep.Path, dep.Version)
		}
	}
	return text
}
