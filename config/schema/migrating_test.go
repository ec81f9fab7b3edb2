package schema

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/config"
)

const migrating = "../../docs/MIGRATING.md"

// The tables of docs/MIGRATING.md are made of the schema.
func TestMigratingListsEveryKey(t *testing.T) {
	data, err := os.ReadFile(migrating)
	if err != nil {
		t.Fatal(err)
	}
	text := between(t, string(data), "<!-- keys: generated -->\n", keyTables())
	same(t, migrating, between(t, text, "<!-- aliases: generated -->\n", aliasTable()))
}

// between replaces what stands between a mark and the next end mark.
func between(t *testing.T, text, mark, table string) string {
	t.Helper()
	before, rest, ok := strings.Cut(text, mark)
	_, after, ended := strings.Cut(rest, "<!-- end -->")
	if !ok || !ended {
		t.Fatalf("%s has no %s", migrating, mark)
	}
	return before + mark + table + "<!-- end -->" + after
}

func keyTables() string {
	var b strings.Builder
	where := "-"
	for _, k := range Keys() {
		if k.Where != where {
			where = k.Where
			title := map[string]string{"": "At the top", "layer": "In a layer", "destination": "In a destination"}[where]
			if title == "" {
				title = "In `" + where + "`"
			}
			fmt.Fprintf(&b, "\n### %s\n\n| key | default | | meaning |\n|---|---|---|---|\n", title)
		}
		def := k.Default
		if def != "" {
			def = "`" + def + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Name, def, k.Status(), strings.ReplaceAll(k.Doc, "|", "\\|"))
	}
	return b.String() + "\n"
}

func aliasTable() string {
	units := map[string]string{"maxsize": "megabytes (MiB)", "maxage": "days", "rotateatminutes": "minutes of every hour", "localtime": "true: Local, false: UTC"}
	var b strings.Builder
	b.WriteString("\n| there | here | a number or value is |\n|---|---|---|\n")
	for _, name := range aliasNames() {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", name, config.Aliases()[name], units[name])
	}
	return b.String() + "\n"
}

func TestEveryKeyHasADescription(t *testing.T) {
	for _, k := range Keys() {
		if k.Doc == "" {
			t.Errorf("%s.%s has none", k.Where, k.Name)
		}
	}
}
