package config

import (
	"os"
	"path/filepath"
	"strings"
)

// logDir is where relative paths are: the base directory, and log_dir_name in it.
func (r *resolver) logDir() {
	c := r.config
	r.plan.LogDir = r.absolute("base_log_dir", orDefault(c.BaseLogDir, "logs"))
	switch {
	case c.LogDirName == "":
	case c.BaseLogDir == "":
		r.warnf("log_dir_name", "log_dir_name has no effect without base_log_dir")
	default:
		r.plan.LogDir = filepath.Join(r.plan.LogDir, c.LogDirName)
	}
}

// absolute makes a directory absolute: "~/" is the home directory, a relative
// one is below the working directory.
func (r *resolver) absolute(at, path string) string {
	path, err := expandHome(path)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		r.errorf(at, "%s: %v", at, err)
	}
	return path
}

// filePath is the file that a destination writes. Relative paths are below the
// log directory; "logs/app.log" is not doubled when that is the default, "logs".
// The extension becomes that of the format, where one is known.
func (r *resolver) filePath(at, path, format string) string {
	full, err := expandHome(path)
	if err != nil {
		r.errorf(at, "%s: %v", at, err)
		return path
	}
	if !filepath.IsAbs(full) {
		first, rest, nested := strings.Cut(filepath.ToSlash(filepath.Clean(full)), "/")
		if r.config.BaseLogDir == "" && nested && first == "logs" {
			full = filepath.FromSlash(rest)
		}
		full = filepath.Join(r.plan.LogDir, full)
	}
	full = filepath.Clean(full)
	if isSpecial(full) {
		return full
	}
	return r.withExtension(at, full, format)
}

func (r *resolver) withExtension(at, path, format string) string {
	want := ""
	switch format {
	case FormatJSONLines:
		want = ".jsonl"
	case FormatCSV:
		want = ".csv"
	case "binary-compact", "binary-extended":
		want = ".bin"
	case FormatPlainText, FormatColored, "fast-plain", "detailed", "syslog", "gelf", "logstash", "logfmt":
		want = ".log"
	default:
		return path
	}
	have := ""
	if extension(path) != "" {
		have = filepath.Ext(path)
	}
	out := strings.TrimSuffix(path, have) + want
	if have != "" && !strings.EqualFold(have, want) {
		r.warnf(at, "%s: %s is written as %s, with the extension of format %s",
			at, filepath.Base(path), filepath.Base(out), format)
	}
	return out
}

// isSpecial reports whether the path is no regular file, so that its name is not ours to change.
func isSpecial(path string) bool {
	if strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/proc/") {
		return true
	}
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular()
}

func expandHome(path string) (string, error) {
	if path != "~" && !strings.HasPrefix(path, "~/") {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, path[1:]), nil
}

// formatOf is the format of a file: as written, or what its extension says.
func formatOf(d *Destination) string {
	if d.Format != "" || canonicalType(d.Type) != TypeFile {
		return d.Format
	}
	if formats := formatsOfExtension(d.Path); formats != nil {
		return formats[0]
	}
	if extension(d.Path) == ".log" {
		return FormatPlainText
	}
	return ""
}
