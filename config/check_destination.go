package config

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// The types and formats of this version.
const (
	TypeConsole = "console"
	TypeFile    = "file"
	TypeNull    = "null"
	TypeMemory  = "memory"

	FormatJSONLines = "json-lines"
	FormatPlainText = "plain-text"
	FormatColored   = "colored"
)

func stockTypes() []string   { return []string{TypeConsole, TypeFile, TypeNull, TypeMemory} }
func stockFormats() []string { return []string{FormatJSONLines, FormatPlainText, FormatColored} }

// laterTypes are known to the schema and not built by this version.
func laterTypes() []string {
	return []string{"async_file", "async_console", "async_cloud", "network", "network_http", "network_ws",
		"network_socket", "network_datagram"}
}

// laterFormats are known to the schema and not built by this version.
func laterFormats() []string {
	return []string{"fast-plain", "detailed", "json", "csv", "logfmt", "syslog", "gelf", "logstash",
		"binary", "binary-compact", "binary-extended"}
}

// destination checks one that is described in place.
func (c *checker) destination(path string, d *Destination) {
	if d.Name != "" {
		c.name(join(path, "name"), d.Name)
	}
	known := c.destinationType(path, d)
	c.level(join(path, "level"), d.Level)
	c.format(path, d)
	c.overflow(path, d)
	c.oneOf(join(path, "stream"), d.Stream, "stdout", "stderr")
	if known {
		c.fieldsOfType(path, d)
	}
}

func (c *checker) destinationType(path string, d *Destination) bool {
	at := join(path, "type")
	all := append(stockTypes(), c.types...)
	switch {
	case slices.Contains(all, d.Type):
		return true
	case d.Type == "":
		c.errorf(at, `%s is missing; types are %s (write "null" in quotes)`, at, strings.Join(all, ", "))
	case slices.Contains(laterTypes(), d.Type):
		c.errorf(at, "%s: %q is not supported by this version; types are %s", at, d.Type, strings.Join(all, ", "))
	default:
		c.errorf(at, "%s: unknown type %q%s", at, d.Type, possible("types", d.Type, all))
	}
	return false
}

func (c *checker) format(path string, d *Destination) {
	at := join(path, "format")
	if d.Type == TypeFile {
		c.formatOfExtension(path, d)
	}
	switch {
	case d.Format == "" || slices.Contains(stockFormats(), d.Format) || c.isRegistered(d.Type):
	case slices.Contains(laterFormats(), d.Format):
		c.errorf(at, "%s: %q is not supported by this version; formats are %s", at, d.Format, strings.Join(stockFormats(), ", "))
	default:
		c.errorf(at, "%s: unknown format %q%s", at, d.Format, possible("formats", d.Format, stockFormats()))
	}
}

// formatOfExtension refuses a file whose name promises another format than is written.
func (c *checker) formatOfExtension(path string, d *Destination) {
	var want []string
	switch extension(d.Path) {
	case ".jsonl":
		want = []string{FormatJSONLines}
	case ".json":
		want = []string{FormatJSONLines, "json"}
	case ".csv":
		want = []string{"csv"}
	default:
		return
	}
	at := join(path, "format")
	switch {
	case d.Format == "" && want[0] == "csv":
		c.errorf(join(path, "path"), "%s.path: a .csv file has format csv, which is not supported by this version", path)
	case d.Format != "" && !slices.Contains(want, d.Format):
		c.errorf(at, "%s: a %s file has format %s, not %s; change the format or the path",
			at, extension(d.Path), want[0], d.Format)
	}
}

func (c *checker) overflow(path string, d *Destination) {
	at := join(path, "overflow")
	kind, _, err := d.Overflow.Parse()
	if err != nil {
		c.errorf(at, "%s: %v", at, err)
		return
	}
	timeout := join(path, "overflow_timeout")
	switch {
	case kind != OverflowBlockTimeout && d.OverflowTimeout != 0:
		c.errorf(timeout, "%s is only for overflow: block_with_timeout", timeout)
	case kind == OverflowBlockTimeout && d.OverflowTimeout <= 0:
		c.errorf(at, "%s: block_with_timeout needs overflow_timeout above 0", at)
	}
	if c.config.Mode == ModeSync && kind != OverflowDefault {
		c.warnf(at, "%s has no effect: mode sync writes without a journal", at)
	}
}

// fieldsOfType refuses what the type has no use for. What the Python original
// lets pass is a warning.
func (c *checker) fieldsOfType(path string, d *Destination) {
	registered := c.isRegistered(d.Type)
	if d.Type == TypeFile && strings.TrimSpace(d.Path) == "" {
		c.errorf(join(path, "path"), "%s.path is missing; a file needs one", path)
	}
	if d.Type != TypeFile && d.Path != "" && !registered {
		c.warnf(join(path, "path"), "%s.path has no effect: type is %s", path, d.Type)
	}
	if d.Type != TypeConsole && d.Stream != "" && !registered {
		c.errorf(join(path, "stream"), "%s.stream is only for type console", path)
	}
	if d.UseColors != nil && !registered && (d.Type != TypeConsole || d.Format == FormatJSONLines) {
		c.warnf(join(path, "use_colors"), "%s.use_colors has no effect: there are no colours in this destination", path)
	}
	if len(d.Options) > 0 && !registered {
		c.errorf(join(path, "options"), "%s.options: type %s takes none", path, d.Type)
	}
}

func (c *checker) isRegistered(typ string) bool { return slices.Contains(c.types, typ) }

func isZero(d *Destination) bool { return reflect.ValueOf(d).Elem().IsZero() }

// extension is that of the last element, lower case; a name that is all extension has none.
func extension(path string) string {
	base := filepath.Base(path)
	if ext := filepath.Ext(base); ext != base {
		return strings.ToLower(ext)
	}
	return ""
}
