package hydratest_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/hydratest"
)

// exampleT is for these examples: a test uses its own *testing.T.
type exampleT struct {
	failed   bool
	cleanups []func()
}

func (t *exampleT) Helper()           {}
func (t *exampleT) Log(...any)        {} // a testing.T prints the log here, with times that an example can't show
func (t *exampleT) Failed() bool      { return t.failed }
func (t *exampleT) Cleanup(fn func()) { t.cleanups = append(t.cleanups, fn) }

func (t *exampleT) Errorf(format string, args ...any) {
	t.failed = true
	fmt.Printf(format+"\n", args...)
}

func (t *exampleT) TempDir() string {
	dir, err := os.MkdirTemp("", "hydratest")
	if err != nil {
		panic(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (t *exampleT) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}

// charge is the code under test.
func charge(ctx context.Context, log *hydra.Logger, cents int) {
	if cents > 1000 {
		log.Layer("payments").Error(ctx, "declined", slog.Group("order", slog.Int("cents", cents)))
		return
	}
	log.Layer("payments").Info(ctx, "charged", slog.Int("cents", cents))
}

func ExampleNew() {
	t := &exampleT{} // in a test: its *testing.T
	log, rec := hydratest.New(t)

	charge(context.Background(), log, 1200)

	r := rec.Expect(hydratest.HasMessage("declined"), hydratest.Level(hydra.LevelError), hydratest.HasAttr("order.cents", 1200))
	fmt.Println(r.Layer, r.Attrs)
	rec.ExpectNone(hydratest.HasMessage("charged"))
	rec.ExpectCount(1, hydratest.Layer("payments"), hydratest.Not(hydratest.HasKey("card")))

	t.end()
	fmt.Println("failed:", t.failed)
	// Output:
	// payments map[order:map[cents:1200]]
	// failed: false
}

func ExampleRecorder_Expect() {
	t := &exampleT{}
	log, rec := hydratest.New(t)
	charge(context.Background(), log, 700)
	rec.Expect(hydratest.HasMessage("declined"))
	rec.ExpectCount(2, hydratest.HasMessage("charged"), hydratest.Or(hydratest.HasAttr("cents", 700), hydratest.HasAttr("cents", 800)))
	t.end() // shows the whole log, because the test has failed
	// Output:
	// no record with message "declined"
	// 1 records with (message "charged" and (attribute cents=700 or attribute cents=800)), want 2
}

func ExampleFaulty() {
	t := &exampleT{}
	collector := &hydratest.Faulty{Remote: true}
	collector.Fail(nil, -1) // until it is healed
	log, rec := hydratest.New(t, hydra.WithDestination("", hydra.DestinationOptions{Name: "collector", Driver: collector}))

	charge(context.Background(), log, 700)
	rec.ExpectCount(1) // the recorder does not wait for the collector
	for _, d := range log.Health().Destinations {
		if d.Name == "collector" {
			fmt.Println("delivered", d.Ledger.Delivered, "pending", d.Ledger.Pending, "difference", d.Ledger.Difference())
		}
	}
	collector.Heal()
	if err := log.Flush(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println("after healing:", collector.Delivered())
	t.end()
	// Output:
	// delivered 0 pending 1 difference 0
	// after healing: 1
}
