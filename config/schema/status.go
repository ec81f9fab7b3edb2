package schema

import "slices"

// Status says what a key of the schema is to who comes from Hydra-Logger for Python.
func (k Key) Status() string {
	switch name := k.Name; {
	case !k.Original:
		return "new"
	case slices.Contains(warned(), name):
		return "warned"
	case slices.Contains(unused(), name):
		return "real"
	}
	return "same"
}

// unused are the keys that the original accepts and does nothing with.
func unused() []string {
	return []string{
		"enabled", "color", "layer_colors", "enable_security", "enable_sanitization", "enable_performance_monitoring", "security_level",
		"monitoring_detail_level", "monitoring_sample_rate", "buffer_size", "flush_interval", "max_size", "backup_count",
		"retry_count", "retry_delay", "max_connections", "auth_token", "connection_string", "queue_url", "extra",
		"hydra_config_schema_version", "service_type",
	}
}

// warned are the keys that are accepted with a warning.
func warned() []string {
	return []string{"enable_plugins", "monitoring_background", "max_queue_size", "use_real_websocket_transport"}
}
