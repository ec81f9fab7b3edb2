package config

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// defaultMaxSize and defaultBackups apply to a file that writes the other of
// max_size and backup_count.
const (
	defaultMaxSize = 5_000_000
	defaultBackups = 3
)

// rotationOf is nil where no rotation option is written.
func rotationOf(d *Destination) *Rotation {
	if canonicalType(d.Type) != TypeFile || !hasRotation(d) {
		return nil
	}
	size, _ := d.MaxSize.Parse()
	out := &Rotation{
		MaxSize: int64(size), MaxAge: positive(d.MaxAge), MaxTotal: max(int64(d.MaxTotalSize), 0), Interval: positive(d.RotateInterval),
		RotateAt: d.RotateAt, Zone: d.RotateZone, OnStart: d.RotateOnStart, OnSignal: d.RotateOnSignal,
		Mode: uint32(d.FileMode), Owner: d.Owner, Latest: d.Latest, NameFormat: d.NameFormat, TimeAfterExt: d.TimeAfterExt, Shared: d.Shared,
	}
	if d.Compress != noneText {
		out.Compress = string(d.Compress)
	}
	switch {
	case d.BackupCount != nil:
		out.Backups = *d.BackupCount
		if d.MaxSize == "" {
			out.MaxSize = defaultMaxSize
		}
	case size > 0:
		out.Backups = defaultBackups
	}
	return out
}

// positive is the duration, 0 for the mark of a written zero.
func positive(d Duration) time.Duration { return max(d.Std(), 0) }

func networkOf(d *Destination) Network {
	out := Network{
		URL: strings.TrimSpace(d.URL), Host: strings.TrimSpace(d.Host), Timeout: d.Timeout.Std(), Credentials: d.Credentials, AuthToken: d.AuthToken,
		ConnectionString: orDefault(d.ConnectionString, d.QueueURL), ServiceType: d.ServiceType,
		ConnectionProbe: d.ConnectionProbe, ProbeMethod: d.ProbeMethod, PayloadEncoder: d.HTTPPayloadEncoder,
		BatchSize: d.HTTPBatchSize, UseTLS: d.TLS != nil,
	}
	if d.Port != nil {
		out.Port = *d.Port
	}
	if d.TLS != nil {
		out.TLS = *d.TLS
	}
	if d.UseTLS != nil {
		out.UseTLS = *d.UseTLS
	}
	if d.MaxConnections != nil {
		out.MaxConnections = *d.MaxConnections
	}
	if d.HTTPBatchSize > 0 {
		out.BatchInterval = max(orDefault(d.HTTPBatchFlushInterval, Duration(time.Second)).Std(), 0)
	}
	return out
}

// addressOf is where a server is, without the password in its URL: who turns
// a password does not get another destination.
func addressOf(n *Network) string {
	var parts []string
	for _, text := range []string{n.URL, n.ConnectionString} {
		if text == "" {
			continue
		}
		u, err := url.Parse(text)
		if err != nil || u.Host == "" {
			parts = append(parts, fingerprint(text))
			continue
		}
		u.User = nil
		parts = append(parts, u.String())
	}
	if n.Host != "" {
		parts = append(parts, net.JoinHostPort(n.Host, strconv.Itoa(n.Port)))
	}
	if n.ServiceType != "" {
		parts = append(parts, n.ServiceType)
	}
	return strings.Join(parts, " ")
}

func (r *resolver) delivery(d *Destination) Delivery {
	out := Delivery{
		RetryCount: d.RetryCount, RetryDelay: positive(d.RetryDelay), Fallback: d.Fallback, Ordered: d.Ordered,
		BufferSize:    int(max(orDefault(d.BufferSize, r.config.BufferSize), 0)),
		FlushInterval: positive(orDefault(d.FlushInterval, r.config.FlushInterval)),
	}
	if d.HTTPBatchSize > 0 && d.FlushInterval == 0 {
		out.FlushInterval = 0 // Network.BatchInterval says it
	}
	out.MaxQueueSize = r.queue.limit()
	if d.MaxQueueSize != nil {
		out.MaxQueueSize = *d.MaxQueueSize
	}
	if d.DeadLetter != nil {
		out.DeadLetter = ResolvedDeadLetter{MaxBytes: int64(d.DeadLetter.MaxBytes), MaxAge: positive(d.DeadLetter.MaxAge)}
	}
	return out
}

func (r *resolver) layout(d *Destination) Layout {
	return Layout{Schema: d.Schema, Keys: d.Keys, Precision: d.Precision, Zone: d.Zone, RFC3164: d.RFC3164, Colors: r.colors(d)}
}

// colors are the colours of layers, of a console that may have some.
func (r *resolver) colors(d *Destination) map[string]string {
	if canonicalType(d.Type) != TypeConsole || d.UseColors != nil && !*d.UseColors {
		return nil
	}
	var out map[string]string
	add := func(name, color string) {
		if code := colorCode(color); code != "" {
			if out == nil {
				out = map[string]string{}
			}
			out[name] = code
		}
	}
	for name, color := range r.config.LayerColors {
		add(name, color)
	}
	for name, l := range r.config.Layers {
		add(name, l.Color)
	}
	return out
}
