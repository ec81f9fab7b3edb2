package config

// flags are the switches of the schema that stand at the top of a file.
func (r *resolver) flags() {
	c, out := r.config, &r.plan
	out.Service = orDefault(c.Service, out.Name)
	out.Version, out.Environment, out.Watch = c.Version, c.Environment, c.Watch
	out.Protect = c.EnableDataProtection || c.EnableSecurity
	out.SecurityLevel = orDefault(c.SecurityLevel, "medium")
	out.Strict, out.ErrorPolicy = c.StrictReliabilityMode, c.ReliabilityErrorPolicy
	out.Monitoring = Monitoring{
		Enabled: c.EnablePerformanceMonitoring, Detail: orDefault(c.MonitoringDetailLevel, "basic"),
		SampleRate: 100, Background: c.MonitoringBackground == nil || *c.MonitoringBackground,
	}
	if c.MonitoringSampleRate != nil {
		out.Monitoring.SampleRate = *c.MonitoringSampleRate
	}
	if v := c.SchemaVersion; v != nil && *v > 1 {
		r.warnf("hydra_config_schema_version", "hydra_config_schema_version: the file is written for version %d of the schema, this program knows version 1", *v)
	}
	if !out.Monitoring.Background {
		r.warnf("monitoring_background", "monitoring_background: false has no effect: measuring never makes a call wait")
	}
	if c.EnablePlugins {
		r.warnf("enable_plugins", "enable_plugins has no effect: plugins are options of Open in the program")
	}
}

// extensions are the processors that are enabled, in order.
func (r *resolver) extensions(path string, all Extensions) []ResolvedExtension {
	var out []ResolvedExtension
	for _, e := range all {
		if e.IsEnabled() && e.Name != asyncRuntime {
			out = append(out, ResolvedExtension{Name: e.Name, Type: e.TypeName(), Settings: e.Settings, Where: join(path, e.Name)})
		}
	}
	return out
}

// inheritExtensions tells every extension what it takes from the rest of the configuration.
func (p *Plan) inheritExtensions() {
	var commit []string
	for _, l := range p.Layers {
		if l.Commit {
			commit = append(commit, l.Name)
		}
	}
	inherit := func(all []ResolvedExtension) {
		for i := range all {
			if all[i].Type == "security" {
				all[i].SecurityLevel = p.SecurityLevel
			} else {
				all[i].CommitLayers = commit
			}
		}
	}
	inherit(p.Extensions)
	for i := range p.Destinations {
		inherit(p.Destinations[i].Extensions)
	}
}
