package config

import (
	"os"
	"os/user"
	"path/filepath"
	"strings"
)

// logDir is where relative paths are: the base directory, and log_dir_name in it.
func (r *resolver) logDir() {
	c := r.config
	r.plan.LogDir = filepath.Join(r.absolute("base_log_dir", orDefault(c.BaseLogDir, "logs")), c.LogDirName)
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
// log directory, but "logs/app.log" is below the working directory, as in the
// Python original. The extension becomes that of the format, where one is known.
func (r *resolver) filePath(at, path, format string) string {
	full, err := expandHome(path)
	if err != nil {
		r.errorf(at, "%s: %v", at, err)
		return path
	}
	absolute := filepath.IsAbs(full)
	switch {
	case absolute && r.config.AllowAbsoluteLogPaths != nil && !*r.config.AllowAbsoluteLogPaths:
		r.errorf(at, "%s: the path is absolute, and allow_absolute_log_paths is false", at)
	case absolute:
	case strings.HasPrefix(filepath.ToSlash(full), "logs/"):
		full = r.absolute(at, full)
	default:
		full = filepath.Join(r.plan.LogDir, full)
	}
	full = filepath.Clean(full)
	if !isSpecial(full) {
		full = r.withExtension(at, full, format)
	}
	r.confine(at, full, absolute)
	return full
}

// confine refuses a file outside the log directory, where that is asked for, and warns of it elsewhere.
// An absolute path is no surprise where no directory is written.
func (r *resolver) confine(at, path string, absolute bool) {
	inside := isBelow(r.plan.LogDir, path) && isBelow(realPath(r.plan.LogDir), realPath(path))
	switch {
	case inside:
	case r.config.EnforceLogPathConfinement:
		r.errorf(at, "%s: %s escapes the log directory %s (enforce_log_path_confinement)", at, path, r.plan.LogDir)
	case (r.config.BaseLogDir != "" || !absolute) && !isSpecial(path):
		r.warnf(at, "%s: %s is outside the log directory %s", at, path, r.plan.LogDir)
	}
}

func isBelow(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != "." && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// realPath follows the symbolic links of a path, whose last elements may be missing.
// A link that leads nowhere is followed too: a file would be made where it leads.
func realPath(path string) string {
	rest := ""
	for range 255 {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return filepath.Join(real, rest)
		}
		if target, err := os.Readlink(path); err == nil {
			if !filepath.IsAbs(target) {
				target = filepath.Join(filepath.Dir(path), target)
			}
			path = filepath.Clean(target)
			continue
		}
		dir := filepath.Dir(path)
		if dir == path {
			break
		}
		path, rest = dir, filepath.Join(filepath.Base(path), rest)
	}
	return filepath.Join(path, rest)
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
	if e := extension(path); e != "" && e != "." {
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

// expandHome replaces "~" and "~user" at the beginning of a path. A user that
// there is not leaves the path as it is.
func expandHome(path string) (string, error) {
	if !strings.HasPrefix(path, "~") {
		return path, nil
	}
	name, rest, _ := strings.Cut(path[1:], "/")
	if name != "" {
		u, err := user.Lookup(name)
		if err != nil {
			return path, nil
		}
		return filepath.Join(u.HomeDir, rest), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, rest), nil
}

// formatOf is the format of a file: as written, or what its extension says.
func formatOf(d *Destination) string {
	if d.Format != "" || canonicalType(d.Type) != TypeFile {
		return d.Format
	}
	if formats := formatsOfExtension(d.Path); formats != nil {
		return formats[0]
	}
	if extension(d.Path) == ".log" && d.Type == TypeFile {
		return FormatPlainText
	}
	return ""
}
