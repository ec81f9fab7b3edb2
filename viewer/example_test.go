package viewer_test

import (
	"os"
	"strings"

	"github.com/hydra-logger/hydra/viewer"
)

// Two services, two loggers, one id.
func ExampleStory() {
	s := viewer.NewStory("order-1", viewer.Options{})
	_ = s.Read(strings.NewReader(`{"time":"2026-11-24T10:00:00Z","level":"INFO","msg":"order placed","correlation_id":"order-1","service":"shop"}`), "shop.log")
	_ = s.Read(strings.NewReader(`ts=2026-11-24T10:00:00.25Z level=error msg="charge card" correlation_id=order-1 message_id=m1 duration=240ms err=declined`), "bank.log")
	_ = s.WriteText(os.Stdout, viewer.Style{UTC: true})
	// Output:
	// order-1  2 services, 2 records, 1 error, 250ms
	// from 2026-11-24 10:00:00.000000 +00:00
	//
	//   shop  1 record         +0µs –      +0µs
	//   bank  1 record       +250ms –    +250ms   longest 240ms   1 error
	//
	//      +0µs  shop    INFO      order placed
	//    +250ms  bank  ✗ ERROR       charge card  [240ms]  error=declined
}
