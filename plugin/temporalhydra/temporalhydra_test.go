package temporalhydra_test

import (
	"context"
	"errors"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	tlog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/plugin/temporalhydra"
	"github.com/hydra-logger/hydra/record"
)

// header is what a client sends along.
type header map[string]*commonpb.Payload

func (h header) Set(name string, p *commonpb.Payload)      { h[name] = p }
func (h header) Get(name string) (*commonpb.Payload, bool) { p, ok := h[name]; return p, ok }
func (h header) ForEachKey(f func(string, *commonpb.Payload) error) error {
	for name, p := range h {
		if err := f(name, p); err != nil {
			return err
		}
	}
	return nil
}

func pay(ctx workflow.Context) error {
	temporalhydra.Logger(ctx).Info("in the workflow", "n", 1)
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	return workflow.ExecuteActivity(ctx, charge).Get(ctx, nil)
}

func charge(ctx context.Context) error {
	activity.GetLogger(ctx).Warn("by the activity's logger")
	hydra.FromContext(ctx).Info(ctx, "in the activity")
	return nil
}

func run(t *testing.T, log *hydra.Logger, h header) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(temporalhydra.NewLogger(log))
	suite.SetContextPropagators([]workflow.ContextPropagator{temporalhydra.NewPropagator()})
	suite.SetHeader(&commonpb.Header{Fields: h})
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflow(pay)
	env.RegisterActivity(charge)
	env.ExecuteWorkflow(pay)
	if err := env.GetWorkflowError(); err != nil || !env.IsWorkflowCompleted() {
		t.Fatal(err)
	}
}

func TestIDsGoIntoTheWorkflowAndItsActivities(t *testing.T) {
	log, rec := hydratest.New(t)
	hydra.SetDefault(log)
	defer hydra.SetDefault(nil)
	h := header{}
	ctx := correlation.With(context.Background(), record.IDs{CorrelationID: "flow", MessageID: "click", TraceID: [16]byte{1}, SpanID: [8]byte{2}})
	if err := temporalhydra.NewPropagator().Inject(ctx, h); err != nil {
		t.Fatal(err)
	}
	run(t, log, h)
	in := rec.Expect(hydratest.HasMessage("in the workflow"), hydratest.HasCorrelationID("flow"), hydratest.HasAttr("n", 1))
	if in.IDs.CausationID != "click" || in.IDs.MessageID != "default-test-workflow-id" {
		t.Errorf("workflow: %+v", in.IDs)
	}
	act := rec.Expect(hydratest.HasMessage("in the activity"), hydratest.HasCorrelationID("flow"))
	if act.IDs.CausationID != in.IDs.MessageID || act.IDs.TraceID != [16]byte{1} {
		t.Errorf("activity: %+v", act.IDs)
	}
	rec.Expect(hydratest.HasMessage("by the activity's logger"), hydratest.Level(hydra.LevelWarning), hydratest.HasKey("ActivityID"))
}

func TestWithoutIDsNoneAreMade(t *testing.T) {
	log, rec := hydratest.New(t)
	hydra.SetDefault(log)
	defer hydra.SetDefault(nil)
	forged, err := converter.GetDefaultDataConverter().ToPayload("a\nb")
	if err != nil {
		t.Fatal(err)
	}
	number, err := converter.GetDefaultDataConverter().ToPayload(7)
	if err != nil {
		t.Fatal(err)
	}
	run(t, log, header{"correlation_id": forged, "causation_id": number})
	for _, m := range []string{"in the workflow", "in the activity"} {
		if r := rec.Expect(hydratest.HasMessage(m)); r.IDs != (record.IDs{}) {
			t.Errorf("%s: %+v", m, r.IDs)
		}
	}
}

func TestLevelsKeysAndErrorsOfTheLoggerArrive(t *testing.T) {
	log, rec := hydratest.New(t)
	l := tlog.With(temporalhydra.NewLogger(log), "bound", 1, "correlation_id", "flow", "message_id", "not valid")
	l.Debug("d", "n", 2, 3, "three", "alone")
	l.Error("e", "Error", errors.New("bad"))
	rec.Expect(hydratest.HasMessage("d"), hydratest.Level(hydra.LevelDebug), hydratest.HasCorrelationID("flow"), hydratest.HasAttr("bound", 1), hydratest.HasAttr("n", 2),
		hydratest.HasAttr("3", "three"), hydratest.HasAttr("alone", nil), hydratest.HasAttr("message_id", "not valid"))
	rec.Expect(hydratest.HasMessage("e"), hydratest.Level(hydra.LevelError), hydratest.HasAttr("Error", "bad"))
	temporalhydra.NewLogger(nil).Info("nowhere")
}
