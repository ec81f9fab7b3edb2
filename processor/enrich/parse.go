package enrich

import (
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

func readAll(r io.Reader) string {
	text, err := io.ReadAll(io.LimitReader(r, mostRead))
	if err != nil {
		return ""
	}
	return string(text)
}

// resourceAttributes reads OTEL_RESOURCE_ATTRIBUTES: key=value, separated by commas, values percent-encoded
// (OpenTelemetry specification, resource SDK). Like the SDKs, it takes all or nothing of a text that is not valid.
func resourceAttributes(s string) map[string]string {
	out := map[string]string{}
	if strings.TrimSpace(s) == "" {
		return out
	}
	for pair := range strings.SplitSeq(s, ",") {
		k, v, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(v))
		if !ok || err != nil {
			return map[string]string{}
		}
		out[strings.TrimSpace(k)] = value
	}
	return out
}

// podLabels reads the file "labels" of a downward API volume: lines of key="escaped value".
func podLabels(s string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(s) {
		k, quoted, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || k == "" {
			continue
		}
		if v, err := strconv.Unquote(quoted); err == nil {
			out[k] = v
		}
	}
	return out
}

// containerID matches the ids of docker, containerd, CRI-O and podman.
var containerID = regexp.MustCompile(`[0-9a-f]{64}`)

// containerOfCgroup reads /proc/self/cgroup of version 1, and of version 2 where the namespace is the host's:
// the id is in the last element of the path ("/docker/<id>", "/kubepods/…/cri-containerd-<id>.scope").
func containerOfCgroup(s string) string {
	for line := range strings.Lines(s) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		last := parts[2][strings.LastIndexByte(parts[2], '/')+1:]
		if id := containerID.FindString(last); id != "" {
			return id
		}
	}
	return ""
}

// containerOfMounts reads /proc/self/mountinfo, for version 2 with a namespace of its own: runtimes
// mount /etc/hostname from the container's directory ("/var/lib/docker/containers/<id>/hostname"). Those of
// Kubernetes mount it from the pod's sandbox, whose id is another one.
func containerOfMounts(s string) string {
	for line := range strings.Lines(s) {
		f := strings.Fields(line)
		if len(f) < 5 || f[4] != "/etc/hostname" || strings.Contains(f[3], "/sandboxes/") {
			continue
		}
		if id := containerID.FindString(f[3]); id != "" {
			return id
		}
	}
	return ""
}
