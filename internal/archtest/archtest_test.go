package archtest

import (
	"os"
	"path/filepath"
	"testing"
)

const root = "../.."

func files(t *testing.T) []*file {
	t.Helper()
	all, err := load(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d files found", len(all))
	}
	return all
}

func report(t *testing.T, all []breach) {
	t.Helper()
	for _, b := range all {
		t.Error(b)
	}
}

func TestPackagesImportOnlyWhatTheyMay(t *testing.T) { report(t, checkImports(files(t))) }

func TestFilesKeepTheHouseRules(t *testing.T) { report(t, checkHouse(files(t))) }

func TestModulesRequireOnlyWhatTheyMay(t *testing.T) {
	all, err := checkModules(root)
	if err != nil {
		t.Fatal(err)
	}
	report(t, all)
}

// An exception that nobody needs any more would hide the next breach.
func TestExceptionsAreStillNeeded(t *testing.T) {
	seen := make(map[string]bool)
	for _, f := range files(t) {
		seen[f.path] = true
	}
	for path := range bigFiles {
		if !seen[path] {
			t.Errorf("bigFiles names %s, which does not exist", path)
		}
	}
	for _, r := range rules {
		if _, err := os.Stat(filepath.Join(root, r.folder)); err != nil && r.folder != "middleware" && r.folder != "viewer" && r.folder != "hydratest" {
			t.Errorf("the rule for %s has no folder", r.folder)
		}
	}
}
