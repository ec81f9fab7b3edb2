package consoledest

import (
	"os"
	"testing"
)

func TestFirstOfTheColorVariablesThatSaysSomethingWins(t *testing.T) {
	yes, no := true, false
	tests := []struct {
		name string
		use  *bool
		env  map[string]string
		want bool
	}{
		{"a file is not coloured", nil, nil, false},
		{"the configuration says yes", &yes, map[string]string{"NO_COLOR": "1", "TERM": "dumb"}, true},
		{"the configuration says no", &no, map[string]string{"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}, false},
		{"NO_COLOR wins over FORCE_COLOR", nil, map[string]string{"NO_COLOR": "1", "FORCE_COLOR": "1"}, false},
		{"an empty NO_COLOR says nothing", nil, map[string]string{"NO_COLOR": "", "FORCE_COLOR": "1"}, true},
		{"FORCE_COLOR", nil, map[string]string{"FORCE_COLOR": "3", "TERM": "dumb"}, true},
		{"FORCE_COLOR=0 wins over CLICOLOR_FORCE", nil, map[string]string{"FORCE_COLOR": "0", "CLICOLOR_FORCE": "1"}, false},
		{"FORCE_COLOR=false", nil, map[string]string{"FORCE_COLOR": "false"}, false},
		{"CLICOLOR_FORCE", nil, map[string]string{"CLICOLOR_FORCE": "1", "TERM": "dumb"}, true},
		{"CLICOLOR_FORCE=0 says nothing", nil, map[string]string{"CLICOLOR_FORCE": "0"}, false},
	}
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			noColors(t)
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			if got := Colors(tt.use, f); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// noColors takes all variables that decide on colours out of the environment.
func noColors(t *testing.T) {
	for _, k := range []string{"NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TERM"} {
		t.Setenv(k, "")
	}
}
