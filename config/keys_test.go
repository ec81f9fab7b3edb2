package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// fileWith is a plan of one file destination with these keys.
func fileWith(t *testing.T, keys string) (ResolvedDestination, error) {
	t.Helper()
	l, err := ReadText([]byte("layers: {a: {destinations: [{type: file, path: a.log, "+keys+"}]}}"), Options{})
	if err != nil {
		return ResolvedDestination{}, err
	}
	return l.Plan.Destinations[0], nil
}

func TestFileIsRotatedOnlyWhereAnOptionOfRotationIsWritten(t *testing.T) {
	inDir(t)
	for keys, want := range map[string]*Rotation{
		"level: INFO":                        nil,
		"max_size: null, backup_count: null": nil,
		"compress: none":                     nil,
		"max_size: 10MB":                     {MaxSize: 10_000_000, Backups: 3},
		"backup_count: 7":                    {MaxSize: 5_000_000, Backups: 7},
		"backup_count: 0":                    {MaxSize: 5_000_000},
		"max_size: null, backup_count: 7":    {Backups: 7},
		"max_size: 1KiB, backup_count: 0":    {MaxSize: 1024},
		"rotate_at: '00:00', compress: true": {RotateAt: []string{"00:00"}, Compress: "gzip"},
		"rotate_at: ['06:00', '18:30:15'], rotate_zone: UTC, compress: zstd":  {RotateAt: []string{"06:00", "18:30:15"}, Zone: "UTC", Compress: "zstd"},
		"rotate_interval: 1h, max_age: 30d, max_total_size: 1GiB":             {Interval: time.Hour, MaxAge: 720 * time.Hour, MaxTotal: 1 << 30},
		"rotate_on_start: true, rotate_on_signal: true, latest: current":      {OnStart: true, OnSignal: true, Latest: "current"},
		"file_mode: 0640, owner: 'app:adm', shared: true":                     {Mode: 0o640, Owner: "app:adm", Shared: Bool(true)},
		"file_mode: '0o600', name_format: '2006-01-02', time_after_ext: true": {Mode: 0o600, NameFormat: "2006-01-02", TimeAfterExt: true},
	} {
		d, err := fileWith(t, keys)
		if err != nil || !reflect.DeepEqual(d.Rotation, want) {
			t.Errorf("%s: %+v, %v; want %+v", keys, d.Rotation, err, want)
		}
	}
}

func TestWrongRotationIsRefused(t *testing.T) {
	inDir(t)
	for keys, want := range map[string]string{
		"max_size: 5242880":         `max_size must be text with a unit ("5MB"), not a number`,
		"max_size: lots":            `"lots" is not a size`,
		"max_size: 0B":              "max_size: 0B is too small",
		"max_age: 30":               `max_age needs a unit ("30d", "12h")`,
		"backup_count: -1":          "backup_count: -1 is out of range; it is at least 0",
		"rotate_at: 25:00":          `rotate_at: "25:00" is not a time of the day`,
		"rotate_zone: Mars/Base":    `there is no time zone "Mars/Base"`,
		"compress: lz4":             `compress: "lz4" is not possible (values are none, gzip, zstd)`,
		"file_mode: 999":            "is not the mode of a file",
		"file_mode: '07777'":        "is not the mode of a file",
		"latest: a/b":               "is not the name of a file",
		"name_format: 2006/01":      "has a slash",
		"owner: 'a:b:c'":            "is not an owner",
		"owner: ':'":                "is not an owner",
		"rotate_interval: 1ms":      "rotate_interval: 1ms is out of range",
		"maxsize: 5, max_size: 5MB": "is written by another name already",
		"max_size: 5MB, MaxSize: 5": "is another name of max_size, which is written too",
		"rotateatminutes: [60]":     "60 is no minute of an hour",
	} {
		if _, err := fileWith(t, keys); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", keys, err, want)
		}
	}
}

func TestOptionsOfLumberjackAndTimberjackAreRead(t *testing.T) {
	inDir(t)
	d, err := fileWith(t, "MaxSize: 100, maxbackups: 5, max_backups2: 1")
	if err == nil || !strings.Contains(err.Error(), `unknown key "max_backups2"`) {
		t.Errorf("%+v, %v", d.Rotation, err)
	}
	d, err = fileWith(t, "MaxSize: 100, maxbackups: 5, MaxAge: 28, localTime: true, compress: true, RotationInterval: 24h, "+
		"rotateAtMinutes: [0, 30], RotateAt: ['12:15'], BackupTimeFormat: '2006', AppendTimeAfterExt: true, FileMode: '0644'")
	if err != nil {
		t.Fatal(err)
	}
	r := d.Rotation
	if r.MaxSize != 100<<20 || r.Backups != 5 || r.MaxAge != 28*24*time.Hour || r.Zone != "Local" || r.Compress != "gzip" || r.Interval != 24*time.Hour ||
		len(r.RotateAt) != 49 || r.RotateAt[1] != "00:30" || r.NameFormat != "2006" || !r.TimeAfterExt || r.Mode != 0o644 {
		t.Errorf("%+v", r)
	}
}

func TestNetworkKeysReachThePlan(t *testing.T) {
	p := mustReadText(t, `
buffer_size: 4096
flush_interval: 2
destinations:
  spare: {type: "null"}
layers:
  a:
    destinations:
      - {type: network, url: " https://u:p@h/x ", auth_token: t, timeout: null, http_batch_size: 50, connection_probe: false, probe_method: none,
         retry_count: 0, retry_delay: 0.5, max_queue_size: 7, fallback: spare, ordered: false, dead_letter: {max_bytes: 1MiB, max_age: 1d},
         http_payload_encoder: v, max_connections: 3, credentials: {A: b}, tls: {server_name: s, skip_verify: true}}
      - {type: network_socket, host: h, port: 1, use_tls: true, buffer_size: 1KiB, flush_interval: 0, schema: ecs, keys: {time: ts}, precision: ms, zone: UTC}
      - spare
`, Options{}).Plan
	n, d := p.Destinations[0].Network, p.Destinations[0].Delivery
	if p.Destinations[0].Type != "network_http" || n.URL != "https://u:p@h/x" || n.AuthToken != "t" || n.Timeout >= 0 || n.BatchSize != 50 ||
		n.BatchInterval != time.Second || *n.ConnectionProbe || n.ProbeMethod != "none" || n.PayloadEncoder != "v" || n.MaxConnections != 3 ||
		n.Credentials["A"] != "b" || !n.UseTLS || n.TLS.ServerName != "s" || !n.TLS.SkipVerify {
		t.Errorf("%+v", n)
	}
	if *d.RetryCount != 0 || d.RetryDelay != 500*time.Millisecond || d.MaxQueueSize != 7 || d.Fallback != "spare" || *d.Ordered || d.BufferSize != 4096 ||
		d.FlushInterval != 0 || p.Destinations[2].Delivery.FlushInterval != 2*time.Second || d.DeadLetter != (ResolvedDeadLetter{1 << 20, 24 * time.Hour}) {
		t.Errorf("%+v", d)
	}
	s := p.Destinations[1]
	if s.Network.Port != 1 || !s.Network.UseTLS || s.Delivery.BufferSize != 1024 || s.Delivery.FlushInterval != 0 || s.Address != "network_socket:h:1" ||
		s.Layout.Schema != "ecs" || s.Layout.Keys["time"] != "ts" || s.Layout.Precision != "ms" || s.Layout.Zone != "UTC" {
		t.Errorf("%+v", s)
	}
	if strings.Contains(p.Destinations[0].Address, "u:p") {
		t.Error(p.Destinations[0].Address)
	}
}

func TestWrongNetworkKeysAreRefused(t *testing.T) {
	for keys, want := range map[string]string{
		"type: network_http, url: 'http://h:hunter2@%zz'":                   "url is not a URL: invalid URL escape",
		"type: network_http, url: ''":                                       "url is missing",
		"type: network_http, url: 'http://'":                                "url has no host",
		"type: network_ws, url: 'https://h'":                                `the scheme "https" is not possible; type network_ws takes ws and wss`,
		"type: network_socket, host: h":                                     "port is missing",
		"type: async_cloud":                                                 "service_type is missing",
		"type: network_http, url: 'http://h', tls: {cert: c}":               "cert and key need each other",
		"type: network_http, url: 'http://h', tls: {}, use_tls: false":      "use_tls is false",
		"type: console, fallback: nobody":                                   `there is no destination named "nobody"`,
		"type: console, name: me, fallback: me":                             "a destination can't be its own fallback",
		"type: console, retry_count: 21":                                    "retry_count: 21 is out of range; it is 0 to 20",
		"type: console, buffer_size: 2MiB":                                  "buffer_size: 2MiB is too large; it is at most 1MiB",
		"type: kafka, options: {a: 1}, extra: {b: 1}":                       "extra is another name for options",
		"type: console, schema: esc":                                        `"esc" is not possible`,
		"type: console, use_real_websocket_transport: true":                 "use_real_websocket_transport is only for type network_ws",
		"type: console, port: 1.5":                                          "port must be a whole number",
		"type: console, extensions: {x: {type: enrichh}}":                   `unknown type of extension "enrichh"`,
		"type: console, credentials: null, extra: null, extensions: {x: 1}": "extensions.x must be a mapping of settings",
	} {
		_, err := ReadText([]byte("layers: {a: {destinations: [{"+keys+"}]}}"), Options{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "is not a URL") && strings.Contains(strings.Split(err.Error(), "\n")[0], "hunter2") {
			t.Errorf("%s: %v, want %q", keys, err, want)
		}
	}
}

func TestDestinationThatIsOnlyAFallbackIsOpened(t *testing.T) {
	text := "destinations: {a: {type: console, fallback: b}, b: {type: console, stream: stderr, fallback: c}, c: {type: 'null'}, d: {type: 'null', name: dd}}\n" +
		"layers: {x: {destinations: [a]}}"
	l := mustReadText(t, text, Options{})
	if d := l.Plan.Destinations; len(d) != 3 || d[1].Name != "b" || d[2].Name != "c" || len(l.Warnings) != 1 || len(l.Plan.Layers[0].Routes) != 1 {
		t.Errorf("%+v %v", d, l.Warnings)
	}
	_, err := ReadText([]byte(strings.Replace(text, "c: {type: 'null'}", "c: {type: 'null', fallback: a}", 1)), Options{})
	if err == nil || !strings.Contains(err.Error(), "leads back to itself") {
		t.Error(err)
	}
}

func TestQueueOfThePythonOriginalSetsTheDefaultPolicy(t *testing.T) {
	for runtime, want := range map[string]string{
		"":            "drop_oldest 0s 0",
		"mode: task":  "drop_oldest 0s 0",
		"mode: queue": "drop_newest 0s 0",
		"queue_mode: yes, mode: task, max_queue_size: 5":              "drop_newest 0s 100",
		"overflow_policy: DROP_OLDEST, max_queue_size: '20000'":       "drop_oldest 0s 20000",
		"overflow_policy: block_with_timeout, put_timeout_seconds: 0": "block_with_timeout 1ms 0",
	} {
		text := "layers: {a: {destinations: [{type: 'null'}, {type: console, overflow: shed_below ERROR, max_queue_size: 3}]}}\n"
		if runtime != "" {
			text += "extensions: {async_runtime: {" + runtime + "}}\n"
		}
		p := mustReadText(t, text, Options{}).Plan
		names := map[OverflowKind]string{OverflowDropOldest: "drop_oldest", OverflowDropNewest: "drop_newest", OverflowBlockTimeout: "block_with_timeout"}
		d := p.Destinations[0]
		if got := fmt.Sprint(names[d.Overflow], " ", d.Timeout, " ", d.Delivery.MaxQueueSize); got != want {
			t.Errorf("%s: %s, want %s", runtime, got, want)
		}
		if own := p.Destinations[1]; own.Overflow != OverflowShedBelow || own.Delivery.MaxQueueSize != 3 {
			t.Errorf("%s: what a destination writes itself became %+v", runtime, own)
		}
	}
}

func TestKeysThatDoNothingHereAreWarnings(t *testing.T) {
	for keys, want := range map[string]string{
		"type: console, url: 'http://h'":                                                            "url has no effect: type is console",
		"type: 'null', credentials: {a: b}":                                                         "credentials has no effect",
		"type: console, extra: {a: b}":                                                              "extra has no effect",
		"type: kafka, max_queue_size: 5":                                                            "max_queue_size has no effect",
		"type: console, format: json, rfc3164: yes":                                                 "rfc3164 has no effect: format is json",
		"type: console, format: csv, schema: ecs":                                                   "schema has no effect: format is csv",
		"type: console, max_size: 5MB":                                                              "its rotation options have no effect",
		"type: network_ws, url: 'ws://h', use_real_websocket_transport: no":                         "false has no effect",
		"type: network, url: 'http://h'":                                                            "network is deprecated",
		"type: network_socket, host: /run/log.sock":                                                 "",
		"type: journald, path: /run/systemd/journal/socket":                                         "",
		"type: network_http, url: 'http://h', schema: ecs, max_connections: 5, credentials: {a: b}": "",
	} {
		l := mustReadText(t, "layers: {a: {destinations: [{"+keys+"}]}}", Options{})
		if want == "" && len(l.Warnings) > 0 || want != "" && (len(l.Warnings) != 1 || !strings.Contains(l.Warnings[0].Message, want)) {
			t.Errorf("%s: %v, want %q", keys, l.Warnings, want)
		}
	}
	l := mustReadText(t, "enable_plugins: true\nmonitoring_background: false\nhydra_config_schema_version: 2\nextensions: {async_runtime: {worker_count: 2, max_queue_size: 500, other: 1}}", Options{})
	if len(l.Warnings) != 6 {
		t.Error(l.Warnings)
	}
}

func TestExtensionsOfAPlanAreThoseThatAreEnabledInTheirOrder(t *testing.T) {
	p := mustReadText(t, `
enable_security: true
security_level: strict
layers: {a: {destinations: [{type: console, extensions: {cut: {type: sampling, enabled: true, rate: 0.5}}}]}}
extensions:
  z: {type: security, enabled: on, patterns: [email]}
  idle: {type: formatting}
  async_runtime: {mode: queue, enabled: true}
  dedupe: {enabled: true}
`, Options{}).Plan
	want := []ResolvedExtension{
		{Name: "z", Type: "security", Settings: map[string]any{"patterns": []any{"email"}}, Where: "extensions.z", SecurityLevel: "strict"},
		{Name: "dedupe", Type: "dedupe", Where: "extensions.dedupe"},
	}
	if !reflect.DeepEqual(p.Extensions, want) || !p.Protect || p.SecurityLevel != "strict" {
		t.Errorf("%+v", p)
	}
	if x := p.Destinations[0].Extensions; len(x) != 1 || x[0].Where != "layers.a.destinations[0].extensions.cut" || x[0].Settings["rate"] != 0.5 {
		t.Errorf("%+v", x)
	}
}

func TestColoursOfLayersReachTheConsole(t *testing.T) {
	p := mustReadText(t, "layer_colors: {a: red, b: bright_blue, other: white}\n"+
		"layers: {a: {color: Green, destinations: [{type: console}]}, b: {color: \"\\e[38;5;9m\", destinations: [{type: console, use_colors: false}]}}", Options{}).Plan
	want := map[string]string{"a": "\x1b[32m", "b": "\x1b[38;5;9m", "other": "\x1b[37m"}
	if got := p.Destinations[0].Layout.Colors; !reflect.DeepEqual(got, want) || p.Destinations[1].Layout.Colors != nil || p.Layers[0].Color != "\x1b[32m" {
		t.Errorf("%q", got)
	}
	for _, bad := range []string{"layer_colors: {a: pink}", "layers: {a: {color: \"\\e[2J\", destinations: [{type: 'null'}]}}", "layers: {a: {color: '', destinations: [{type: 'null'}]}}"} {
		if _, err := ReadText([]byte(bad), Options{}); err == nil || !strings.Contains(err.Error(), "is not a color") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
