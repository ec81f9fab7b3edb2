package config

// asyncRuntime is the extension of the Python original that is none: the
// settings of its queue.
const asyncRuntime = "async_runtime"

// extensions checks what concerns every type of processor. Their settings are
// checked by what builds them.
func (c *checker) extensions(path string, all Extensions) {
	seen := map[string]bool{}
	for _, e := range all {
		at := join(path, e.Name)
		c.name(at, e.Name)
		if seen[e.Name] {
			c.errorf(at, "%s: there are two extensions with this name", at)
		}
		seen[e.Name] = true
	}
}
