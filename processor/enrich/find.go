package enrich

import (
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// finder collects what is known of the process.
type finder struct {
	source
	o        Options
	resource map[string]string // OTEL_RESOURCE_ATTRIBUTES
	attrs    []slog.Attr
}

func (f *finder) find() []slog.Attr {
	for _, g := range []struct {
		name string
		add  func()
	}{
		{Service, f.service}, {Version, f.version}, {Environment, f.environment}, {Host, f.host},
		{Process, f.process}, {Container, f.container}, {Kubernetes, f.kubernetes},
	} {
		if len(f.o.Include) == 0 || slices.Contains(f.o.Include, g.name) {
			g.add()
		}
	}
	return f.attrs
}

// add adds an attribute unless the value is empty.
func (f *finder) add(key, value string) {
	if value != "" {
		f.attrs = append(f.attrs, slog.String(f.key(key), value))
	}
}

func (f *finder) key(key string) string {
	if k := f.o.Keys[key]; k != "" {
		return k
	}
	return key
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func (f *finder) service() {
	f.add("service.name", firstOf(f.o.Service, f.getenv("OTEL_SERVICE_NAME"), f.resource["service.name"], filepath.Base(os.Args[0])))
}

func (f *finder) version() {
	f.add("service.version", firstOf(f.o.Version, f.resource["service.version"], buildVersion(debug.ReadBuildInfo())))
}

func buildVersion(info *debug.BuildInfo, ok bool) string {
	if !ok {
		return ""
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + dirty
}

func (f *finder) environment() {
	f.add("deployment.environment.name", firstOf(f.o.Environment, f.getenv("HYDRA_ENVIRONMENT"),
		f.resource["deployment.environment.name"], f.resource["deployment.environment"]))
}

func (f *finder) host() {
	name, err := f.hostname()
	if err == nil {
		f.add("host.name", name)
	}
}

func (f *finder) process() {
	f.attrs = append(f.attrs, slog.Int(f.key("process.pid"), os.Getpid()))
	f.add("process.executable.name", filepath.Base(os.Args[0]))
}

func (f *finder) container() {
	id := containerOfCgroup(f.read("proc/self/cgroup"))
	if id == "" {
		id = containerOfMounts(f.read("proc/self/mountinfo"))
	}
	f.add("container.id", id)
	if !f.inKubernetes() { // there it is k8s.container.name
		f.add("container.name", f.getenv("CONTAINER_NAME"))
	}
}

func (f *finder) inKubernetes() bool { return f.getenv("KUBERNETES_SERVICE_HOST") != "" }

func (f *finder) kubernetes() {
	if !f.inKubernetes() && f.env("POD_NAME") == "" {
		return
	}
	host, err := f.hostname()
	if err != nil || !f.inKubernetes() {
		host = ""
	}
	f.add("k8s.pod.name", firstOf(f.env("POD_NAME"), f.podInfo("name"), host)) // a pod's host name is its name, unless spec.hostname says otherwise
	f.add("k8s.namespace.name", firstOf(f.env("POD_NAMESPACE"), f.podInfo("namespace"),
		f.line("var/run/secrets/kubernetes.io/serviceaccount/namespace")))
	f.add("k8s.node.name", firstOf(f.env("NODE_NAME"), f.podInfo("node")))
	f.add("k8s.pod.uid", firstOf(f.env("POD_UID"), f.podInfo("uid")))
	f.add("k8s.container.name", f.env("CONTAINER_NAME"))
	if len(f.o.Labels) == 0 {
		return
	}
	labels := podLabels(f.read(f.podInfoPath("labels")))
	for _, l := range f.o.Labels {
		f.add("k8s.pod.label."+l, labels[l])
	}
}

// env returns a variable of the downward API.
func (f *finder) env(name string) string { return firstOf(f.getenv(name), f.getenv("K8S_"+name)) }

func (f *finder) podInfo(name string) string { return f.line(f.podInfoPath(name)) }

func (f *finder) podInfoPath(name string) string {
	return strings.TrimPrefix(path.Clean(firstOf(f.o.PodInfo, "/etc/podinfo")), "/") + "/" + name
}

func (f *finder) line(name string) string { return strings.TrimSpace(f.read(name)) }

// mostRead is the most that is read of one of the small files that are looked at.
const mostRead = 1 << 20

// read returns the text of a file, "" when there is none.
func (f *finder) read(name string) string {
	if !fs.ValidPath(name) {
		return ""
	}
	file, err := f.files.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	return readAll(file)
}
