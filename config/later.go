package config

import "reflect"

// laterKeys are keys of the schema that this version does not support. The
// value is true when ignoring the key would take away what it protects or
// adds, so that lax reading refuses it too.
func laterKeys(t reflect.Type) map[string]bool {
	switch t {
	case reflect.TypeFor[Config]():
		return map[string]bool{
			"extends": true, "extensions": true,
			"enable_data_protection": true, "enforce_log_path_confinement": true, "allow_absolute_log_paths": true,
			"strict_reliability_mode": true, "reliability_error_policy": true, "log_dir_name": true,
			"hydra_config_schema_version": false, "layer_colors": false, "buffer_size": false, "flush_interval": false,
			"enable_security": true, "enable_sanitization": true, "enable_plugins": false, "security_level": true,
			"enable_performance_monitoring": false, "monitoring_detail_level": false, "monitoring_sample_rate": false,
			"monitoring_background": false, "watch": true,
		}
	case reflect.TypeFor[Layer]():
		return map[string]bool{"color": false}
	case reflect.TypeFor[Destination]():
		return map[string]bool{
			"max_size": false, "backup_count": false, "rotate_at": false, "rotate_interval": false, "compress": false,
			"url": false, "host": false, "port": false, "use_tls": true, "timeout": false, "retry_count": false, "retry_delay": false,
			"max_connections": false, "connection_probe": false, "probe_method": false, "connection_string": false,
			"http_payload_encoder": false, "http_batch_size": false, "http_batch_flush_interval": false,
			"queue_url": false, "max_queue_size": false, "service_type": false, "credentials": false, "auth_token": false,
			"extra": false, "schema": true, "keys": true,
		}
	}
	return nil
}
