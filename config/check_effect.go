package config

import (
	"reflect"
	"slices"
	"strings"
)

// remoteKeys are keys of destinations that are reached over a network.
func remoteKeys() []string {
	return []string{"url", "host", "port", "use_tls", "tls", "timeout", "max_connections", "credentials", "auth_token", "connection_string", "queue_url"}
}

// withoutEffect warns of keys that the original lets pass and that do nothing for this destination.
func (c *checker) withoutEffect(path, typ string, d *Destination) {
	local := slices.Contains([]string{TypeConsole, TypeFile, TypeNull, TypeMemory}, typ)
	if local && !c.isRegistered(d.Type) {
		v := reflect.ValueOf(d).Elem()
		fields := fieldsOf(v.Type())
		for _, name := range remoteKeys() {
			if !v.Field(fields[name]).IsZero() {
				c.warnf(join(path, name), "%s.%s has no effect: type is %s", path, name, typ)
			}
		}
		if len(d.Extra) > 0 {
			c.warnf(join(path, "extra"), "%s.extra has no effect: type %s takes no options", path, typ)
		}
	}
	if d.MaxQueueSize != nil && *d.MaxQueueSize > 0 {
		c.warnf(join(path, "max_queue_size"), "%s.max_queue_size has no effect: the bytes of the journal bound what may wait (journal.quota)", path)
	}
	if d.RFC3164 && d.Format != "syslog" && typ != "syslog" {
		c.warnf(join(path, "rfc3164"), "%s.rfc3164 has no effect: format is %s", path, orDefault(formatOf(d), "not syslog"))
	}
	if d.Schema != "" && !strings.HasPrefix(formatOf(d), FormatJSON) && (local || d.Format != "") {
		c.warnf(join(path, "schema"), "%s.schema has no effect: format is %s", path, orDefault(formatOf(d), "not json"))
	}
}
