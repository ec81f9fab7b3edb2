package enrich

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const containerHex = "3f4e1d2c3b4a59687766554433221100ffeeddccbbaa99887766554433221100"

// described returns key=value of what is found in a made-up machine, but for process and executable.
func described(t *testing.T, o Options, env map[string]string, files map[string]string, host string) []string {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	hostname := func() (string, error) { return host, nil }
	if host == "" {
		hostname = func() (string, error) { return "", errors.New("no name") }
	}
	e, err := newFrom(o, source{getenv: func(k string) string { return env[k] }, files: fsys, hostname: hostname})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, a := range e.static {
		if !strings.HasPrefix(a.Key, "process.") {
			out = append(out, a.String())
		}
	}
	return out
}

func TestServiceVersionAndEnvironmentComeFromOptionsThenFromTheEnvironment(t *testing.T) {
	groups := []string{Service, Version, Environment}
	env := map[string]string{"OTEL_SERVICE_NAME": "a", "HYDRA_ENVIRONMENT": "prod",
		"OTEL_RESOURCE_ATTRIBUTES": "service.name=b, service.version = 1.2%2C3 ,deployment.environment=qa"}
	if got := fmt.Sprint(described(t, Options{Include: groups, Service: "s", Version: "v", Environment: "e"}, env, nil, "h")); got !=
		"[service.name=s service.version=v deployment.environment.name=e]" {
		t.Error(got)
	}
	if got := fmt.Sprint(described(t, Options{Include: groups}, env, nil, "h")); got != "[service.name=a service.version=1.2,3 deployment.environment.name=prod]" {
		t.Error(got)
	}
	delete(env, "OTEL_SERVICE_NAME")
	delete(env, "HYDRA_ENVIRONMENT")
	if got := fmt.Sprint(described(t, Options{Include: groups}, env, nil, "h")); got != "[service.name=b service.version=1.2,3 deployment.environment.name=qa]" {
		t.Error(got)
	}
	if got := described(t, Options{Include: []string{Service}}, nil, nil, ""); !strings.HasSuffix(got[0], ".test") {
		t.Errorf("without anything, the program's name: %v", got)
	}
}

func TestAPodIsDescribedByTheDownwardAPI(t *testing.T) {
	env := map[string]string{"KUBERNETES_SERVICE_HOST": "10.0.0.1", "POD_NAME": "pay-7f", "POD_NAMESPACE": "shop", "K8S_NODE_NAME": "n1", "POD_UID": "u", "CONTAINER_NAME": "app"}
	want := "[k8s.pod.name=pay-7f k8s.namespace.name=shop k8s.node.name=n1 k8s.pod.uid=u k8s.container.name=app]"
	if got := fmt.Sprint(described(t, Options{Include: []string{Kubernetes}}, env, nil, "h")); got != want {
		t.Error(got)
	}
	files := map[string]string{
		"etc/podinfo/name": "pay-8\n", "etc/podinfo/namespace": "shop", "etc/podinfo/node": "n2", "etc/podinfo/uid": "u2",
		"etc/podinfo/labels": "app=\"pay\"\ntier=\"back\\\"end\"\nbroken\n",
	}
	env = map[string]string{"KUBERNETES_SERVICE_HOST": "10.0.0.1"}
	got := fmt.Sprint(described(t, Options{Include: []string{Kubernetes}, Labels: []string{"tier", "none"}}, env, files, "h"))
	if got != `[k8s.pod.name=pay-8 k8s.namespace.name=shop k8s.node.name=n2 k8s.pod.uid=u2 k8s.pod.label.tier=back"end]` {
		t.Error(got)
	}
	files = map[string]string{"var/run/secrets/kubernetes.io/serviceaccount/namespace": "shop\n", "mnt/pod/name": "x"}
	if got := fmt.Sprint(described(t, Options{Include: []string{Kubernetes}}, env, files, "pay-9")); got != "[k8s.pod.name=pay-9 k8s.namespace.name=shop]" {
		t.Error(got)
	}
	if got := fmt.Sprint(described(t, Options{Include: []string{Kubernetes}, PodInfo: "/mnt/pod/"}, env, files, "h")); got != "[k8s.pod.name=x k8s.namespace.name=shop]" {
		t.Error(got)
	}
	if got := described(t, Options{Include: []string{Kubernetes}}, nil, files, "h"); len(got) != 0 {
		t.Errorf("outside of Kubernetes: %v", got)
	}
}

func TestTheContainerIsFoundInCgroupsOfBothVersions(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"docker, version 1":     {"proc/self/cgroup": "12:pids:/docker/" + containerHex + "\n11:cpu:/docker/" + containerHex + "\n"},
		"containerd, version 2": {"proc/self/cgroup": "0::/kubepods.slice/kubepods-burstable.slice/cri-containerd-" + containerHex + ".scope\n"},
		"docker, version 2": {"proc/self/cgroup": "0::/\n",
			"proc/self/mountinfo": "623 615 254:1 /var/lib/docker/containers/" + containerHex + "/hostname /etc/hostname rw,relatime - ext4 /dev/vda1 rw\n"},
		"podman": {"proc/self/cgroup": "0::/",
			"proc/self/mountinfo": "6 5 0:1 /containers/overlay-containers/" + containerHex + "/userdata/hostname /etc/hostname rw - tmpfs tmpfs rw\n"},
	} {
		if got := described(t, Options{Include: []string{Container}}, map[string]string{"CONTAINER_NAME": "app"}, files, "h"); !slices.Equal(got, []string{"container.id=" + containerHex, "container.name=app"}) {
			t.Errorf("%s: %v", name, got)
		}
	}
	for name, files := range map[string]map[string]string{
		"none":    nil,
		"host":    {"proc/self/cgroup": "0::/user.slice/session-1.scope\n", "proc/self/mountinfo": "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n"},
		"sandbox": {"proc/self/mountinfo": "6 5 0:1 /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/" + containerHex + "/hostname /etc/hostname rw - ext4 x rw\n"},
	} {
		if got := described(t, Options{Include: []string{Container}}, nil, files, "h"); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWithoutAHostNameThereIsNone(t *testing.T) {
	if got := described(t, Options{Include: []string{Host}}, nil, nil, ""); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestTheVersionComesFromTheBuild(t *testing.T) {
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}
	for want, info := range map[string]*debug.BuildInfo{
		"v1.2.3":             {Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{commit}},
		"0123456789ab":       {Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{commit, {Key: "vcs.modified", Value: "false"}}},
		"0123456789ab+dirty": {Settings: []debug.BuildSetting{{Key: "vcs.modified", Value: "true"}, commit}},
		"":                   {Settings: []debug.BuildSetting{{Key: "vcs.modified", Value: "true"}}},
	} {
		if got := buildVersion(info, true); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if buildVersion(nil, false) != "" {
		t.Error("a version without build information")
	}
}

func TestResourceAttributesThatAreNotValidAreLeftOut(t *testing.T) {
	for _, s := range []string{"a", "a=b,c", "a=%zz", ""} {
		if got := resourceAttributes(s); len(got) != 0 {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func FuzzWhatTheMachineSays(f *testing.F) {
	f.Add("service.name=a,b=%20", "app=\"x\"\n", "12:pids:/docker/"+containerHex, "6 5 0:1 /a/"+containerHex+"/hostname /etc/hostname rw")
	f.Add(",=,", "=\"", "::", "\n \n")
	f.Fuzz(func(t *testing.T, resource, labels, cgroup, mounts string) {
		for k, v := range resourceAttributes(resource) {
			if strings.Contains(k, ",") || len(v) > len(resource) {
				t.Errorf("%q: %q", k, v)
			}
		}
		for k := range podLabels(labels) {
			if k == "" || strings.ContainsAny(k, "=\n") {
				t.Errorf("label %q", k)
			}
		}
		for _, id := range []string{containerOfCgroup(cgroup), containerOfMounts(mounts)} {
			if id != "" && len(id) != 64 {
				t.Errorf("id %q", id)
			}
		}
	})
}

func TestTheMachineAtHandCanBeRead(t *testing.T) {
	f := finder{source: source{files: os.DirFS("/")}}
	if _, err := os.Stat("/proc/self/cgroup"); err == nil && f.read("proc/self/cgroup") == "" {
		t.Error("/proc/self/cgroup is empty")
	}
	if f.read("no/such/file") != "" || f.read("/absolute") != "" {
		t.Error("a file that is not there has text")
	}
}
