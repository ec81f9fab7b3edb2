package config

import (
	"math"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// integer reads a whole number, or text that is one.
func (d *decoder) integer(n *yaml.Node, path string) (int64, bool) {
	f, ok := wholeNumber(n)
	if ok && math.Abs(f) <= math.MaxInt32 {
		return int64(f), true
	}
	if ok {
		d.errorf(path, "%s is out of range; a number here is at most %d", path, math.MaxInt32)
	} else {
		d.errorf(path, "%s must be a whole number, not %s", path, describe(n))
	}
	return 0, false
}

// wholeNumber reads a number as YAML writes it (16, 0x10, 0o20, 1_000, 16.0, 1e3), and text that is a decimal one.
func wholeNumber(n *yaml.Node) (f float64, ok bool) {
	if n.Kind != yaml.ScalarNode {
		return 0, false
	}
	text := strings.ReplaceAll(strings.TrimSpace(n.Value), "_", "")
	switch n.ShortTag() {
	case "!!int":
		if i, err := strconv.ParseInt(text, 0, 64); err == nil {
			return float64(i), true
		}
	case "!!str":
		if strings.Trim(text, "+-0123456789.") != "" {
			return 0, false
		}
	case "!!float":
	default:
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && f == math.Trunc(f) && !math.IsInf(f, 0)
}

// level reads the name of a level. TRACE is of this program alone: a file may
// be shared with Hydra-Logger for Python, which refuses it.
func (d *decoder) level(n *yaml.Node, path string, out *Level) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		d.errorf(path, "%s must be the name of a level (%s), not %s", path, strings.Join(fileLevels(), ", "), describe(n))
		return
	}
	if strings.EqualFold(strings.TrimSpace(n.Value), "TRACE") && path != "sync_level" {
		d.errorf(path, "%s: TRACE can't be written in a file (levels are %s); NOTSET lets it pass too, and so do SetLevel and $HYDRA_LOG",
			path, strings.Join(fileLevels(), ", "))
		return
	}
	if n.Value != strings.TrimSpace(n.Value) {
		d.errorf(path, "%s: %q has spaces around the name of the level; remove them", path, n.Value)
		return
	}
	*out = Level(n.Value)
}

func fileLevels() []string {
	return []string{"NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
}

// fileMode reads an octal number. YAML 1.1 takes 0640 for a number in octal,
// JSON has no octal numbers: the digits count, not the number.
func (d *decoder) fileMode(n *yaml.Node, path string, out *FileMode) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" && n.ShortTag() != "!!int" {
		d.errorf(path, "%s must be a mode in octal (\"0640\"), not %s", path, describe(n))
		return
	}
	m, err := ParseFileMode(n.Value)
	if err != nil {
		d.errorf(path, "%s: %v", path, err)
	}
	*out = m
}

// strings reads a list of texts, or one text.
func (d *decoder) strings(n *yaml.Node, path string, out *Strings) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
		*out = append(*out, n.Value)
		return
	}
	var list []string
	d.sequence(n, reflect.ValueOf(&list).Elem(), path)
	*out = append(*out, list...)
}

func (d *decoder) compression(n *yaml.Node, path string, out *Compression) {
	b, ok := parseBool(n)
	switch {
	case ok && b:
		*out = "gzip"
	case ok:
		*out = noneText
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str":
		*out = Compression(n.Value)
	default:
		d.errorf(path, "%s must be gzip, zstd, none, true or false, not %s", path, describe(n))
	}
}

// sizeText keeps the text of a size; whether it is one is checked later.
func (d *decoder) sizeText(n *yaml.Node, path string, out *SizeText) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		d.errorf(path, "%s must be text with a unit (\"5MB\"), not %s", path, describe(n))
		return
	}
	*out = SizeText(n.Value)
}

// extensions reads a mapping of names to settings, in order.
func (d *decoder) extensions(n *yaml.Node, path string, out *Extensions) {
	if n.Kind != yaml.MappingNode {
		d.errorf(path, "%s must be a mapping of names, not %s", path, describe(n))
		return
	}
	*out = Extensions{}
	for _, e := range entriesOf(n) {
		at := join(path, e.key.Value)
		d.note(at, e.key, e.value)
		d.name(e.key, at)
		x := Extension{Name: e.key.Value}
		d.extension(e.value, at, &x)
		*out = append(*out, x)
	}
}

func (d *decoder) extension(n *yaml.Node, path string, out *Extension) {
	if n.Kind != yaml.MappingNode {
		d.errorf(path, "%s must be a mapping of settings, not %s", path, describe(n))
		return
	}
	for _, e := range entriesOf(n) {
		at := join(path, e.key.Value)
		d.note(at, e.key, e.value)
		switch e.key.Value {
		case "type":
			d.value(e.value, reflect.ValueOf(&out.Type).Elem(), at)
		case "enabled":
			d.value(e.value, reflect.ValueOf(&out.Enabled).Elem(), at)
		default:
			if out.Settings == nil {
				out.Settings = map[string]any{}
			}
			out.Settings[e.key.Value] = d.any(e.value, at)
		}
	}
}
