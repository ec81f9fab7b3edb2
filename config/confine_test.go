package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfinedFileCannotLeaveTheLogDirectory(t *testing.T) {
	dir := inDir(t)
	for _, d := range []string{"var/svc", "elsewhere", "variant"} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"var/out": "../elsewhere", "var/in": "svc", "var/dangling.log": "../nowhere.log", "var/chain": "out/deeper", "base": "var", "var/loop": "loop",
		"elsewhere/back": "../var",
	} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	for path, inside := range map[string]bool{
		"a.log": true, "a/b/c.log": true, "a/../b.log": true, "in/a.log": true, dir + "/var/a.log": true, dir + "/base/a.log": false, "new/a.log": true,
		"../a.log": false, "a/../../b.log": false, dir + "/variant/a.log": false, "out/a.log": false, "out/new/a.log": false, "dangling.log": false,
		"chain/a.log": false, "out/back/a.log": true, "loop/a.log": true, "logs/a.log": false, "~/a.log": false, ".": false, "/dev/stderr": false,
	} {
		c := oneFile(path, "plain-text")
		c.BaseLogDir, c.EnforceLogPathConfinement = "var", true
		_, err := Resolve(c)
		if refused := err != nil && strings.Contains(err.Error(), "escapes the log directory"); refused == inside || err != nil && !refused {
			t.Errorf("%s: %v", path, err)
		}
	}
	c := oneFile("a.log", "")
	c.BaseLogDir, c.EnforceLogPathConfinement = "base", true // a link itself
	if p := mustResolve(t, c); p.Destinations[0].Path != filepath.Join(dir, "base/a.log") {
		t.Error(p.Destinations[0].Path)
	}
}

func TestAbsolutePathsCanBeRefused(t *testing.T) {
	dir := inDir(t)
	for path, absolute := range map[string]bool{dir + "/logs/a.log": true, "~/a.log": true, "~root/a.log": true, "a.log": false, "~nobody-of-this-name/a.log": false} {
		c := oneFile(path, "")
		c.AllowAbsoluteLogPaths = Bool(false)
		_, err := Resolve(c)
		if refused := err != nil && strings.Contains(err.Error(), "the path is absolute"); refused != absolute {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestFileOutsideTheChosenLogDirectoryIsAWarning(t *testing.T) {
	dir := inDir(t)
	for path, outside := range map[string]bool{"logs/a.log": true, dir + "/x.log": true, "a.log": false, "./logs/a.log": false, "/dev/null": false} {
		c := oneFile(path, "")
		c.BaseLogDir, c.LogDirName = "var", "svc"
		p := mustResolve(t, c)
		if warned := len(p.Warnings) == 1 && strings.Contains(p.Warnings[0].Message, "outside the log directory "+dir+"/var/svc"); warned != outside {
			t.Errorf("%s: %v", path, p.Warnings)
		}
	}
}
