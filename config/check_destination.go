package config

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// Types and formats that the code names.
const (
	TypeConsole = "console"
	TypeFile    = "file"
	TypeNull    = "null"
	TypeMemory  = "memory"
	TypeHTTP    = "network_http"
	TypeWS      = "network_ws"
	TypeCloud   = "async_cloud"

	FormatJSONLines = "json-lines"
	FormatPlainText = "plain-text"
	FormatColored   = "colored"
	FormatJSON      = "json"
	FormatCSV       = "csv"
	FormatBinary    = "binary-compact"
)

// destination checks one that is described in place.
func (c *checker) destination(path string, d *Destination) {
	if d.Name != "" {
		c.name(join(path, "name"), d.Name, c.errorf)
	}
	known := c.destinationType(path, d)
	c.level(join(path, "level"), d.Level)
	c.format(path, d)
	c.overflow(path, d)
	c.tags(path, d)
	c.rotation(path, d)
	c.delivery(path, d)
	c.fallback(path, d)
	c.extensions(join(path, "extensions"), d.Extensions)
	if known {
		c.fieldsOfType(path, d)
	}
}

func (c *checker) destinationType(path string, d *Destination) bool {
	at := join(path, "type")
	all := DestinationTypes()
	for _, name := range c.types {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	if d.Type == "" && !c.written(at) || slices.Contains(all, d.Type) {
		return true
	}
	text := fmt.Sprintf("%s: unknown type %q%s", at, d.Type, possible("types", d.Type, all))
	if d.Type == "" {
		text += `; write "null" in quotes`
	}
	c.errorf(at, "%s", text)
	return false
}

func (c *checker) format(path string, d *Destination) {
	at := join(path, "format")
	if canonicalType(d.Type) == TypeFile {
		c.formatOfExtension(path, d)
	}
	if d.Format != "" && !slices.Contains(Formats(), d.Format) && !c.isRegistered(d.Type) {
		c.errorf(at, "%s: unknown format %q%s", at, d.Format, possible("formats", d.Format, Formats()))
	}
}

// formatOfExtension refuses a file whose name promises another format than is written.
func (c *checker) formatOfExtension(path string, d *Destination) {
	want := formatsOfExtension(d.Path)
	if d.Format == "" || want == nil || slices.Contains(want, d.Format) {
		return
	}
	at := join(path, "format")
	c.errorf(at, "%s: a %s file has format %s, not %s; change the format or the path",
		at, extension(d.Path), want[0], d.Format)
}

// formatsOfExtension are the formats that a file's name promises, nil when it may have any.
func formatsOfExtension(path string) []string {
	switch extension(path) {
	case ".jsonl":
		return []string{FormatJSONLines}
	case ".json":
		return []string{FormatJSONLines, FormatJSON}
	case ".csv":
		return []string{FormatCSV}
	case ".bin":
		return []string{FormatBinary}
	}
	return nil
}

// canonicalType is the type that is built: the asynchronous types of the
// Python original are the plain ones, since every destination has a worker here.
func canonicalType(typ string) string {
	switch typ {
	case "", "async_console":
		return TypeConsole
	case "async_file":
		return TypeFile
	case "network":
		return TypeHTTP
	}
	return typ
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
	if c.isRegistered(d.Type) {
		return
	}
	typ := canonicalType(d.Type)
	if typ == TypeFile && strings.TrimSpace(d.Path) == "" {
		c.errorf(join(path, "path"), "%s.path is missing; a file needs one", path)
	}
	if strings.ContainsRune(d.Path, 0) {
		c.errorf(join(path, "path"), "%s.path: no file can have the character NUL in its path", path)
	}
	if d.Path != "" && slices.Contains([]string{TypeConsole, TypeNull, TypeMemory, TypeHTTP, TypeWS, TypeCloud}, typ) {
		c.warnf(join(path, "path"), "%s.path has no effect: type is %s", path, typ)
	}
	if typ != TypeConsole && d.Stream != "" {
		c.errorf(join(path, "stream"), "%s.stream is only for type console", path)
	}
	if d.UseColors != nil && (typ != TypeConsole && *d.UseColors || d.Format == FormatJSONLines) {
		c.warnf(join(path, "use_colors"), "%s.use_colors has no effect: there are no colours in this destination", path)
	}
	if len(d.Options) > 0 && slices.Contains([]string{TypeConsole, TypeFile, TypeNull, TypeMemory}, typ) {
		c.errorf(join(path, "options"), "%s.options: type %s takes none", path, typ)
	}
	c.network(path, typ, d)
	c.withoutEffect(path, typ, d)
	if typ != TypeFile && hasRotation(d) {
		c.warnf(path, "%s is no file: its rotation options have no effect", path)
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
