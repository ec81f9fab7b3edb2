package hydra_test

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/health"
)

// twoLayers is a configuration of layers api and db, at INFO and WARNING.
func twoLayers() map[string]hydra.Layer {
	null := []hydra.Destination{{Type: "null"}}
	return map[string]hydra.Layer{"api": {Level: "INFO", Destinations: null}, "db": {Level: "WARNING", Destinations: null}}
}

// levelsOf returns the levels that health reports, and until when they hold, by layer.
func levelsOf(log *hydra.Logger) map[string]health.Layer {
	out := map[string]health.Layer{}
	for _, l := range log.Health().Layers {
		out[l.Name] = l
	}
	return out
}

func TestSetLevelChangesOneLayerOrAllUntilItIsChangedAgain(t *testing.T) {
	log, driver := memoryLogger(t, twoLayers())
	api, db := log.Layer("api"), log.Layer("db")
	derived := api.With(slog.String("k", "v")) // made before the change
	if err := log.SetLevel("api", hydra.LevelDebug); err != nil {
		t.Fatal(err)
	}
	derived.Debug(bg, "1 api debug")
	db.Info(bg, "db is at WARNING")
	if err := log.SetLevel("", hydra.LevelError); err != nil {
		t.Fatal(err)
	}
	api.Warn(bg, "api is at ERROR")
	db.Error(bg, "2 db error")
	if db.Enabled(bg, hydra.LevelWarning) || !db.Enabled(bg, hydra.LevelError) {
		t.Error("Enabled does not follow")
	}
	lines := jsonLines(t, driver.Bytes())
	if len(lines) != 2 || lines[0]["message"] != "1 api debug" || lines[1]["message"] != "2 db error" {
		t.Errorf("%s", driver.Bytes())
	}
	if l := levelsOf(log); l["api"].Level != "ERROR" || l["db"].Level != "ERROR" || l["api"].Until != nil {
		t.Errorf("health says %+v", l)
	}
}

func TestATemporaryLevelEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, _ := memoryLogger(t, twoLayers())
		api := log.Layer("api")
		if err := log.SetLevel("api", hydra.LevelDebug, time.Minute); err != nil {
			t.Fatal(err)
		}
		end := time.Now().Add(time.Minute)
		if l := levelsOf(log)["api"]; l.Level != "DEBUG" || l.Until == nil || !l.Until.Equal(end) {
			t.Errorf("health says %+v", l)
		}
		time.Sleep(time.Minute - time.Nanosecond)
		if !api.Enabled(bg, hydra.LevelDebug) {
			t.Error("it ended too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if api.Enabled(bg, hydra.LevelDebug) || !api.Enabled(bg, hydra.LevelInfo) {
			t.Error("the configured level is not back")
		}
		if l := levelsOf(log)["api"]; l.Level != "INFO" || l.Until != nil {
			t.Errorf("health says %+v", l)
		}
	})
}

func TestALaterSetLevelReplacesATemporaryOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, _ := memoryLogger(t, twoLayers())
		api := log.Layer("api")
		for _, d := range []time.Duration{time.Minute, time.Hour} {
			if err := log.SetLevel("api", hydra.LevelDebug, d); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		if !api.Enabled(bg, hydra.LevelDebug) {
			t.Error("the first time limit ended the second level")
		}
		if err := log.SetLevel("api", hydra.LevelError); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if api.Enabled(bg, hydra.LevelWarning) {
			t.Error("a time limit that was replaced ended the level")
		}
	})
}

func TestSetLevelOfADestinationWithItsOwnLevelKeepsThat(t *testing.T) {
	driver := &recording{}
	log, err := hydra.New(hydra.Config{Mode: "sync", Layers: twoLayers()},
		hydra.WithDestination("", hydra.DestinationOptions{Name: "errors", Driver: driver, Level: "ERROR"}))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if err := log.SetLevel("", hydra.LevelTrace); err != nil {
		t.Fatal(err)
	}
	log.Layer("api").Debug(bg, "no")
	log.Layer("api").Error(bg, "yes")
	if n := driver.len(); n != 1 {
		t.Errorf("%d records", n)
	}
}

func TestSetLevelRefusesWhatItCantDo(t *testing.T) {
	log, _ := memoryLogger(t, twoLayers())
	for name, err := range map[string]error{
		"unknown layer": log.SetLevel("payments", hydra.LevelDebug),
		"no time":       log.SetLevel("api", hydra.LevelDebug, 0),
		"two times":     log.SetLevel("api", hydra.LevelDebug, time.Second, time.Second),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := log.SetLevel("api", hydra.LevelDebug); err == nil {
		t.Error("the logger is closed, and SetLevel says nothing")
	}
}

func TestHYDRA_LOGSetsLevelsOfLayersThenOfLoggers(t *testing.T) {
	for _, c := range []struct {
		text    string
		api, db string
		unknown string
	}{
		{"debug", "DEBUG", "DEBUG", ""},
		{"db=trace", "INFO", "TRACE", ""},
		{"error,db=debug", "ERROR", "DEBUG", ""},
		{"test=trace,db=error", "TRACE", "ERROR", ""}, // test is the logger's name
		{" warn , api = critical ", "CRITICAL", "WARNING", ""},
		{"shop=debug", "INFO", "WARNING", `"shop" is neither a layer of logger "test" nor its name`},
		{"loud,db=info", "INFO", "INFO", "loud"},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Setenv("HYDRA_LOG", c.text)
			var told []string
			log, _ := memoryLogger(t, twoLayers(), hydra.WithEvents(func(ev hydra.Event) { told = append(told, ev.String()) }))
			if l := levelsOf(log); l["api"].Level != c.api || l["db"].Level != c.db {
				t.Errorf("levels %+v", l)
			}
			r, reported := hasReason(log.Health(), health.CodeConfigWarning)
			if reported != (c.unknown != "") || !strings.Contains(r.Text, c.unknown) || len(told) != 0 != reported {
				t.Errorf("health reports %+v, told %q", log.Health().Reasons, told)
			}
		})
	}
}

func TestALevelFromTheEnvironmentIsWhatATemporaryOneReturnsTo(t *testing.T) {
	t.Setenv("HYDRA_LOG", "api=error")
	synctest.Test(t, func(t *testing.T) {
		log, _ := memoryLogger(t, twoLayers())
		if err := log.SetLevel("api", hydra.LevelDebug, time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if l := levelsOf(log)["api"].Level; l != "ERROR" {
			t.Errorf("the level is %s", l)
		}
	})
}

func TestALevelThatWasSetStaysWhereAReloadChangesTheRoutesOfItsLayer(t *testing.T) {
	const one, two = "{type: file, path: a.jsonl}", ", {type: file, path: b.jsonl}"
	config := func(level, destinations string) string {
		return reloadHead + "layers:\n  default: {level: " + level + ", destinations: [" + destinations + "]}\n"
	}
	log, _, write := reloadable(t, config("INFO", one))
	defer log.Close()
	enabled := func(what string, want bool) {
		t.Helper()
		if log.Enabled(t.Context(), hydra.LevelDebug) != want {
			t.Errorf("%s: debug enabled is not %v", what, want)
		}
	}
	if err := log.SetLevel("default", hydra.LevelDebug); err != nil {
		t.Fatal(err)
	}
	write(config("INFO", one+two))
	mustReload(t, log)
	enabled("set, with new routes", true)
	write(config("WARNING", one))
	mustReload(t, log)
	enabled("the configuration says another level", false)
	if err := log.SetLevel("default", hydra.LevelDebug, 300*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	write(config("ERROR", one+two))
	mustReload(t, log)
	enabled("set for a time, with new routes and another level", true)
	for log.Enabled(t.Context(), hydra.LevelDebug) {
		time.Sleep(time.Millisecond)
	}
	if !log.Enabled(t.Context(), hydra.LevelError) || log.Enabled(t.Context(), hydra.LevelWarning) {
		t.Error("the level behind it is not the one of the new configuration")
	}
}
