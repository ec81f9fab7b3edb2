package config

// Warning is something that the configuration says and that is not as its
// author may think.
type Warning struct {
	File      string // "" for a configuration made in Go
	Line, Col int    // 0 when not known
	Path      string // "layers.api.destinations[0].level"
	Message   string
}
