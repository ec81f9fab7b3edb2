package hydra_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/hydratest"
)

// children are the ways in which a program can end.
func children() map[string]func(dir string) {
	return map[string]func(dir string){
		"returns without close": func(dir string) { logAll(openChild(dir)) },
		"exit":                  func(dir string) { logAll(openChild(dir)); os.Exit(3) },
		"hydra exit":            func(dir string) { logAll(openChild(dir)); hydra.Exit(3) },
		"guarded panic": func(dir string) {
			log := openChild(dir)
			defer log.Guard()
			logAll(log)
			panic("boom")
		},
		"unguarded panic in a goroutine": func(dir string) {
			log := openChild(dir)
			defer log.Guard()
			logAll(log)
			go func() { panic("boom in a goroutine") }()
			waitToBeKilled()
		},
		"concurrent map writes": func(dir string) {
			log := openChild(dir)
			defer log.Guard()
			logAll(log)
			m := map[int]int{}
			for range 4 {
				go func() {
					for i := 0; ; i++ {
						m[i&15] = i
					}
				}()
			}
			waitToBeKilled()
		},
		"run until signal": func(dir string) {
			log := openChild(dir)
			err := log.Run(context.Background(), func(ctx context.Context) error {
				logAll(log)
				fmt.Println("ready")
				<-ctx.Done()
				log.Info(context.Background(), "record", slog.Int("n", childRecords))
				return errors.New("fn's own error")
			})
			fmt.Println("run:", err)
		},
		"log until killed": func(dir string) {
			log := openChild(dir)
			logAll(log)
			fmt.Println("ready")
			waitToBeKilled()
		},
		"critical then killed": func(dir string) {
			log := openChild(dir)
			log.Critical(context.Background(), "last words", slog.Int("n", 0))
			text, _ := os.ReadFile(filepath.Join(dir, "app.jsonl"))
			fmt.Printf("in the file: %v\n", strings.Contains(string(text), "last words"))
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				_ = self.Kill()
			}
			waitToBeKilled()
		},
		"failing destination": func(dir string) {
			f := &hydratest.Faulty{}
			f.Fail(errors.New("no"), 1_000_000)
			cfg := hydra.Config{BaseLogDir: dir, Journal: hydra.Journal{Dir: filepath.Join(dir, "state")},
				Layers: map[string]hydra.Layer{"default": {Destinations: []hydra.Destination{{Type: "null"}}}}}
			log := hydra.Must(hydra.New(cfg, hydra.WithDestination("", hydra.DestinationOptions{Name: "faulty", Driver: f})))
			for f.Calls() < 2 { // the first failure was told before the second try
				log.Info(context.Background(), "record")
				time.Sleep(time.Millisecond)
			}
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_ = log.Shutdown(ctx)
			log.Info(context.Background(), "too late") // complains, too
			_ = os.WriteFile(filepath.Join(dir, "survived"), nil, 0o600)
		},
		"removed then killed": removedThenKilled,
		"second start": func(dir string) {
			log := openChild(dir)
			defer log.Guard()
			log.Info(context.Background(), "second start")
		},
	}
}
