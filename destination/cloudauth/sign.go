package cloudauth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// Key is an access key of AWS, with the session token where it is a temporary one.
type Key struct {
	ID, Secret, SessionToken string
}

// String shows the id alone, so that a key that is printed by mistake tells nothing.
func (k Key) String() string { return "access key " + k.ID }

// GoString is String.
func (k Key) GoString() string { return k.String() }

const (
	signAlgorithm = "AWS4-HMAC-SHA256"
	signEnd       = "aws4_request"
	stampFormat   = "20060102T150405Z"
)

// Sign sets the headers X-Amz-Date, X-Amz-Security-Token and Authorization of r, whose body is as it goes out. All headers that are
// set are signed, but for those that are a matter of the connection. See "AWS Signature Version 4 for API requests" in the IAM
// User Guide, as for all services but S3: the path is normalized and encoded a second time.
func Sign(r *http.Request, body []byte, k Key, region, service string, now time.Time) {
	stamp := now.UTC().Format(stampFormat)
	r.Header.Del("Authorization")
	r.Header.Set("X-Amz-Date", stamp)
	if k.SessionToken != "" {
		r.Header.Set("X-Amz-Security-Token", k.SessionToken)
	}
	names, headers := canonicalHeaders(r)
	canonical := strings.Join([]string{r.Method, canonicalPath(r.URL.EscapedPath()), canonicalQuery(r.URL), headers, names, hexSum(body)}, "\n")
	day := stamp[:8]
	scope := day + "/" + region + "/" + service + "/" + signEnd
	text := signAlgorithm + "\n" + stamp + "\n" + scope + "\n" + hexSum([]byte(canonical))
	signature := hex.EncodeToString(mac(signingKey(k.Secret, day, region, service), text))
	r.Header.Set("Authorization", signAlgorithm+" Credential="+k.ID+"/"+scope+", SignedHeaders="+names+", Signature="+signature)
}

func signingKey(secret, day, region, service string) []byte {
	key := []byte("AWS4" + secret)
	for _, part := range []string{day, region, service, signEnd} {
		key = mac(key, part)
	}
	return key
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// unsigned are headers that the client or a proxy may change on the way.
var unsigned = []string{"authorization", "connection", "content-length", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"}

// canonicalHeaders returns the names, joined by semicolons, and the block of headers, which ends with an empty line.
func canonicalHeaders(r *http.Request) (names, block string) {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	values := map[string]string{"host": host}
	for name, all := range r.Header {
		if name = strings.ToLower(name); slices.Contains(unsigned, name) {
			continue
		}
		trimmed := make([]string, len(all))
		for i, v := range all {
			trimmed[i] = strings.Join(strings.Fields(v), " ")
		}
		values[name] = strings.Join(trimmed, ",")
	}
	var sorted []string
	for name := range values {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	var b strings.Builder
	for _, name := range sorted {
		b.WriteString(name + ":" + values[name] + "\n")
	}
	return strings.Join(sorted, ";"), b.String()
}

// canonicalPath normalizes a path as it stands in the request, and encodes it.
func canonicalPath(p string) string {
	if p == "" {
		return "/"
	}
	clean := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	segments := strings.Split(clean, "/")
	for i, s := range segments {
		segments[i] = encode(s)
	}
	return strings.Join(segments, "/")
}

// canonicalQuery is the parameters, encoded and then sorted.
func canonicalQuery(u *url.URL) string {
	var pairs []string
	for name, values := range u.Query() {
		for _, v := range values {
			pairs = append(pairs, encode(name)+"="+encode(v))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// encode writes all bytes as %XX but for the unreserved characters of RFC 3986.
func encode(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_', c == '~':
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}
