package archtest

import (
	"go/ast"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// brokers are parts of module paths that nobody gets who uses the root module alone.
var brokers = []string{"kafka", "franz-go", "sarama", "nats", "amqp", "redis", "mqtt", "watermill", "cloudevents", "temporal", "asynq", "river", "grpc", "opentelemetry", "protobuf"}

func TestTheRootModulesGraphHasNoBrokerNoGRPCAndNoOpenTelemetry(t *testing.T) {
	cmd := exec.Command("go", "mod", "graph")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go mod graph: %v", err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		_, needed, _ := strings.Cut(line, " ")
		for _, word := range brokers {
			if strings.Contains(needed, word) {
				t.Errorf("the root module brings %s: %s", word, line)
			}
		}
	}
	if !strings.Contains(string(out), "go.yaml.in/yaml/v4") {
		t.Errorf("the graph does not look like one:\n%s", out)
	}
}

func TestEveryAdapterHasAnExampleThatRuns(t *testing.T) {
	for _, f := range pluginsWithout(files(t), func(f *file) bool {
		for _, d := range f.syntax.Decls {
			fn, is := d.(*ast.FuncDecl)
			if !is || !strings.HasPrefix(fn.Name.Name, "Example") {
				continue
			}
			for _, group := range f.syntax.Comments {
				if group.Pos() > fn.Pos() && group.End() < fn.End() && strings.HasPrefix(group.Text(), "Output:") {
					return true
				}
			}
		}
		return false
	}) {
		t.Errorf("%s has no example with an output", f)
	}
}

// pluginsWithout lists the adapters none of whose files is as asked.
func pluginsWithout(all []*file, is func(*file) bool) []string {
	found := map[string]bool{}
	for _, f := range all {
		if strings.HasPrefix(f.module, "plugin/") && strings.HasSuffix(f.module, "hydra") {
			found[f.module] = found[f.module] || is(f)
		}
	}
	var out []string
	for module, ok := range found {
		if !ok {
			out = append(out, module)
		}
	}
	slices.Sort(out)
	return out
}
