package journal

import (
	"context"
	"testing"
	"time"
)

func TestTheMappedLimitFollowsTheMemoryThereIs(t *testing.T) {
	const mib, gib = 1 << 20, 1 << 30
	for _, c := range []struct {
		group, machine int64
		files          bool
		want           int64
	}{
		{0, 64 * gib, true, gib},
		{0, 4 * gib, true, 256 * mib},
		{0, 512 * mib, true, 64 * mib},
		{0, 0, true, 64 * mib},
		{64 * mib, 64 * gib, true, 8 * mib},
		{2 * mib, 64 * gib, true, mib},
		{2 * gib, 64 * gib, true, 256 * mib},
		{2 * gib, 2 * gib, true, 128 * mib},
		{64 * gib, 64 * gib, true, gib},
		{0, 64 * gib, false, 64 * mib},
		{2 * gib, 64 * gib, false, 64 * mib},
		{64 * mib, 64 * gib, false, 8 * mib},
	} {
		if got := defaultMapped(c.group, c.machine, c.files); got.Bytes != c.want || got.Source == "" {
			t.Errorf("a group of %d MiB on a machine of %d MiB, with files %v: %d MiB (%s), want %d",
				c.group/mib, c.machine/mib, c.files, got.Bytes/mib, got.Source, c.want/mib)
		}
	}
}

func TestARestEndsByAnUrgentRecordAndNotByWhatLiesThere(t *testing.T) {
	j := open(t, t.TempDir(), Options{})
	defer j.Close()
	r, err := j.NewReader(ReaderOptions{Name: "resting", Urgent: 3})
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(2 * urgentScan) {
		appendOne(t, j, payload(i, 100), 2)
	}
	if r.Rest(t.Context(), time.Millisecond) {
		t.Error("records that nobody is in a hurry for ended the rest")
	}
	called := make(chan bool)
	go func() { called <- r.Rest(t.Context(), time.Hour) }()
	for j.wakeAt.Load() > 3 { // it has lain down
		time.Sleep(time.Millisecond)
	}
	appendOne(t, j, payload(0, 100), 3)
	if !<-called {
		t.Error("an urgent record did not end the rest")
	}
	go func() { called <- r.Rest(t.Context(), time.Hour) }()
	r.Kick()
	if !<-called {
		t.Error("Kick did not end the rest")
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { called <- r.Rest(ctx, time.Hour) }()
	cancel()
	if !<-called {
		t.Error("the end of the context did not end the rest")
	}
}

func appendOne(t *testing.T, j *Journal, p []byte, priority uint8) {
	t.Helper()
	if _, err := j.Append(p, 1, priority); err != nil {
		t.Fatal(err)
	}
}
