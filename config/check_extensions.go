package config

import "slices"

// ExtensionTypes are the types of processors that every program has.
func ExtensionTypes() []string {
	return []string{"security", "formatting", "performance", "enrich", "sampling", "rate_limit", "dedupe", "keep_back"}
}

// extensions checks what concerns every type of processor. Their settings are
// checked by what builds them.
func (c *checker) extensions(path string, all Extensions) {
	seen := map[string]bool{}
	for _, e := range all {
		at := join(path, e.Name)
		c.name(at, e.Name, c.keyErrorf)
		if seen[e.Name] {
			c.errorf(at, "%s: there are two extensions with this name", at)
		}
		seen[e.Name] = true
		c.extensionType(at, e)
	}
}

func (c *checker) extensionType(path string, e Extension) {
	all := append(ExtensionTypes(), c.types...)
	if e.Name == asyncRuntime || slices.Contains(all, e.TypeName()) {
		return
	}
	at := path
	if e.Type != "" {
		at = join(path, "type")
	}
	c.errorf(at, "%s: unknown type of extension %q%s; a type of your own is registered with an option of Open", path, e.TypeName(),
		possible("types", e.TypeName(), all))
}
