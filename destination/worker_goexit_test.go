package destination

import (
	"context"
	"log/slog"
	"runtime"
	"testing"
	"time"
)

func TestADriverThatEndsTheGoroutineOfARetryDoesNotEndTheWorker(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.driver.set(func(_ context.Context, b *Batch) error {
			switch b.Attempt {
			case 1:
				return errDown
			case 2:
				runtime.Goexit()
			}
			return nil
		})
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Minute)
		r.want("a")
		if s := r.Status(); s.Retries != 2 || s.LastError != errGoexit.Error() {
			t.Errorf("%+v", s)
		}
	})
}
