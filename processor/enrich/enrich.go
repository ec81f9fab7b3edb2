// Package enrich adds to records what says where they come from: service, version, environment, host,
// process, container, Kubernetes pod. The keys are those of OpenTelemetry's semantic conventions for resources.
package enrich

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/hydra-logger/hydra/record"
)

// The groups of attributes, for [Options.Include].
const (
	Service     = "service"     // service.name
	Version     = "version"     // service.version
	Environment = "environment" // deployment.environment.name
	Host        = "host"        // host.name
	Process     = "process"     // process.pid, process.executable.name
	Container   = "container"   // container.id, container.name
	Kubernetes  = "kubernetes"  // k8s.pod.name, k8s.namespace.name, k8s.node.name, k8s.pod.uid, k8s.container.name, k8s.pod.label.<key>
)

func groups() []string {
	return []string{Service, Version, Environment, Host, Process, Container, Kubernetes}
}

// Func appends attributes to attrs and returns it. It is called for each record, by many goroutines at once, with the context
// of the call, which is never nil.
type Func func(ctx context.Context, attrs []slog.Attr) []slog.Attr

// Options are the settings of an [Enricher]. The zero value means all defaults.
type Options struct {
	// Include are the groups that are added, as far as something is known. Default: all.
	Include []string
	// Service. Default: $OTEL_SERVICE_NAME, then service.name in $OTEL_RESOURCE_ATTRIBUTES, then the base name of the program.
	Service string
	// Version. Default: service.version in $OTEL_RESOURCE_ATTRIBUTES, then the version of the main module in the
	// build information, else the first 12 digits of the commit, with "+dirty" when files were changed.
	Version string
	// Environment, as "production". Default: $HYDRA_ENVIRONMENT, then deployment.environment.name or
	// deployment.environment in $OTEL_RESOURCE_ATTRIBUTES.
	Environment string
	// PodInfo is the directory where a downward API volume is mounted; its files name, namespace, node, uid and
	// labels are read. Environment variables come first: POD_NAME, POD_NAMESPACE, NODE_NAME, POD_UID and
	// CONTAINER_NAME, each also with K8S_ in front. Default: /etc/podinfo.
	PodInfo string
	// Labels of the pod that are added, by key. Default: none.
	Labels []string
	// Keys renames attributes: {"service.name": "service"}. Default: none.
	Keys map[string]string
	// Attrs are added to every record. Default: none.
	Attrs []slog.Attr
	// Funcs add attributes for each record. Default: none.
	Funcs []Func
}

// Enricher adds attributes. Those that do not change are computed once, by [New].
type Enricher struct {
	static []slog.Attr
	funcs  []Func
}

// New returns a processor. An unknown group is an error.
func New(o Options) (*Enricher, error) {
	return newFrom(o, source{getenv: os.Getenv, files: os.DirFS("/"), hostname: os.Hostname})
}

// source is what the machine says of the process.
type source struct {
	getenv   func(string) string
	files    fs.FS // the root of the file system
	hostname func() (string, error)
}

func newFrom(o Options, s source) (*Enricher, error) {
	for _, g := range o.Include {
		if !slices.Contains(groups(), g) {
			return nil, fmt.Errorf("include: %q is not known; use %s", g, strings.Join(groups(), ", "))
		}
	}
	f := finder{o: o, source: s, resource: resourceAttributes(s.getenv("OTEL_RESOURCE_ATTRIBUTES"))}
	return &Enricher{static: append(f.find(), o.Attrs...), funcs: o.Funcs}, nil
}

// Bind implements processor.Binder.
func (e *Enricher) Bind() ([]slog.Attr, bool) { return e.static, len(e.funcs) == 0 }

// Process implements processor.Processor: it adds what the functions say.
func (e *Enricher) Process(ctx context.Context, ev *record.Event) bool {
	for _, f := range e.funcs {
		ev.Attrs = f(ctx, ev.Attrs)
	}
	return true
}
