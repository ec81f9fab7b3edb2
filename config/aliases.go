package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// alias is a key of lumberjack or timberjack that a destination may have
// instead of one of the schema, in any case, with "_" between words or without.
type alias struct {
	key    string // of the schema
	decode func(d *decoder, n *yaml.Node, path string, out *Destination)
}

// aliases maps names in lower case, without "_".
func aliases() map[string]alias {
	return map[string]alias{
		"filename":           {"path", plain},
		"maxsize":            {"max_size", megabytes},
		"maxbackups":         {"backup_count", plain},
		"maxage":             {"max_age", days},
		"localtime":          {"rotate_zone", localTime},
		"compression":        {"compress", plain},
		"rotationinterval":   {"rotate_interval", plain},
		"rotateat":           {"rotate_at", plain},
		"rotateatminutes":    {"rotate_at", minutes},
		"backuptimeformat":   {"name_format", plain},
		"appendtimeafterext": {"time_after_ext", plain},
		"filemode":           {"file_mode", plain},
	}
}

// Aliases returns the other names of keys of a destination, with what they stand for.
func Aliases() map[string]string {
	out := make(map[string]string)
	for name, a := range aliases() {
		out[name] = a.key
	}
	return out
}

// alias decodes a key that is one; it reports false when it is none.
func (d *decoder) alias(e entry, v reflect.Value, path, at string) bool {
	out, ok := v.Addr().Interface().(*Destination)
	if !ok {
		return false
	}
	a, ok := aliases()[strings.ReplaceAll(strings.ToLower(e.key.Value), "_", "")]
	if !ok {
		return false
	}
	real := join(path, a.key)
	if _, twice := d.places[real]; twice && a.key != "rotate_at" {
		d.keyErrorf(at, "%s is another name of %s, which is written too; remove one of them", at, a.key)
		return true
	}
	d.note(real, e.key, e.value)
	a.decode(d, e.value, real, out)
	return true
}

// plain decodes the value as the key of the schema would.
func plain(d *decoder, n *yaml.Node, path string, out *Destination) {
	v := reflect.ValueOf(out).Elem()
	d.field(n, v, fieldsOf(v.Type())[lastKey(path)], path)
}

// megabytes reads a number without a unit as lumberjack does.
func megabytes(d *decoder, n *yaml.Node, path string, out *Destination) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" {
		out.MaxSize = SizeText(n.Value + "MiB")
		return
	}
	plain(d, n, path, out)
}

// days reads a number without a unit as lumberjack does.
func days(d *decoder, n *yaml.Node, path string, out *Destination) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" {
		if i, ok := d.integer(n, path); ok {
			out.MaxAge = Duration(time.Duration(i) * 24 * time.Hour)
		}
		return
	}
	plain(d, n, path, out)
}

func localTime(d *decoder, n *yaml.Node, path string, out *Destination) {
	local, ok := parseBool(n)
	if !ok {
		d.errorf(path, "localtime must be true or false, not %s", describe(n))
		return
	}
	out.RotateZone = "UTC"
	if local {
		out.RotateZone = "Local"
	}
}

// minutes are minutes of every hour.
func minutes(d *decoder, n *yaml.Node, path string, out *Destination) {
	var all []int
	d.sequence(n, reflect.ValueOf(&all).Elem(), path)
	for hour := range 24 {
		for _, m := range slices.Sorted(slices.Values(all)) {
			if m < 0 || m > 59 {
				d.errorf(path, "rotateatminutes: %d is no minute of an hour; they are 0 to 59", m)
				return
			}
			out.RotateAt = append(out.RotateAt, fmt.Sprintf("%02d:%02d", hour, m))
		}
	}
}
