package cloudauth

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The cases of the "Signature Version 4 test suite" that AWS has published, with its key and time: what is sent, and the signature.
// Those about the encoding of paths are in TestPathsAreNormalizedAndEncoded: the suite writes paths as HTTP does not send them.
const (
	suiteSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	suiteToken  = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
	unreserved  = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

var suite = []struct {
	name, method, target string
	header               [][2]string
	body, token          string
	signed, signature    string
}{
	{"get-vanilla", "GET", "/", nil, "", "", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"get-vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1", nil, "", "", "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
	{"get-vanilla-query-unreserved", "GET", "/?" + unreserved + "=" + unreserved, nil, "", "", "host;x-amz-date", "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
	{"get-vanilla-utf8-query", "GET", "/?ሴ=bar", nil, "", "", "host;x-amz-date", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
	{"get-unreserved", "GET", "/" + unreserved, nil, "", "", "host;x-amz-date", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
	{"get-header-key-duplicate", "GET", "/", [][2]string{{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}, "", "", "host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
	{"get-header-value-order", "GET", "/", [][2]string{{"My-Header1", "value4"}, {"My-Header1", "value1"}, {"My-Header1", "value3"}, {"My-Header1", "value2"}}, "", "", "host;my-header1;x-amz-date", "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
	{"get-header-value-trim", "GET", "/", [][2]string{{"My-Header1", " value1"}, {"My-Header2", ` "a   b   c"`}}, "", "", "host;my-header1;my-header2;x-amz-date", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
	{"post-vanilla", "POST", "/", nil, "", "", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	{"post-vanilla-query", "POST", "/?Param1=value1", nil, "", "", "host;x-amz-date", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
	{"post-header-value-case", "POST", "/", [][2]string{{"My-Header1", "VALUE1"}}, "", "", "host;my-header1;x-amz-date", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
	{"post-x-www-form-urlencoded", "POST", "/", [][2]string{{"Content-Type", "application/x-www-form-urlencoded"}}, "Param1=value1", "", "content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
	{"post-x-www-form-urlencoded-parameters", "POST", "/", [][2]string{{"Content-Type", "application/x-www-form-urlencoded; charset=utf8"}}, "Param1=value1", "", "content-type;host;x-amz-date", "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"},
	{"post-sts-header-before", "POST", "/", nil, "", suiteToken, "host;x-amz-date;x-amz-security-token", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
}

func TestSignaturesAreThoseOfTheSuiteThatAWSHasPublished(t *testing.T) {
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	for _, c := range suite {
		r, err := http.NewRequest(c.method, "https://example.amazonaws.com"+c.target, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range c.header {
			r.Header.Add(h[0], h[1])
		}
		r.Header.Set("User-Agent", "not signed")
		Sign(r, []byte(c.body), Key{"AKIDEXAMPLE", suiteSecret, c.token}, "us-east-1", "service", at)
		want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" + c.signed + ", Signature=" + c.signature
		if got := r.Header.Get("Authorization"); got != want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, want)
		}
		if r.Header.Get("X-Amz-Date") != "20150830T123600Z" || r.Header.Get("X-Amz-Security-Token") != c.token {
			t.Errorf("%s: %v", c.name, r.Header)
		}
		again := r.Header.Get("Authorization")
		Sign(r, []byte(c.body), Key{"AKIDEXAMPLE", suiteSecret, c.token}, "us-east-1", "service", at)
		if r.Header.Get("Authorization") != again {
			t.Errorf("%s: signed twice it has another signature", c.name)
		}
	}
}

func TestTheSigningKeyIsThatOfTheGuide(t *testing.T) {
	if got := fmt.Sprintf("%x", signingKey(suiteSecret, "20150830", "us-east-1", "iam")); got != "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9" {
		t.Error(got)
	}
}

func TestPathsAreNormalizedAndEncoded(t *testing.T) {
	for path, want := range map[string]string{
		"": "/", "/": "/", "//": "/", "/./": "/", "/./example": "/example", "//example//": "/example/", "/example/..": "/",
		"/example1/example2/../..": "/", "/ሴ": "/%E1%88%B4", "/example space/": "/example%20space/", "/example/$delete": "/example/%24delete",
		"/v1/logs": "/v1/logs", "/a%20b": "/a%2520b",
	} {
		if got := canonicalPath(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

func TestAKeyThatIsPrintedShowsNoSecret(t *testing.T) {
	k := Key{"AKID", "very-secret", "token-of-it"}
	if text := fmt.Sprintf("%v %+v %#v %s", k, k, k, k); strings.Contains(text, "secret") || strings.Contains(text, "token-of") || !strings.Contains(text, "AKID") {
		t.Error(text)
	}
}

func FuzzParseProfile(f *testing.F) {
	f.Add([]byte("[default]\naws_access_key_id = AKID\naws_secret_access_key=s3cret\n"), "default")
	f.Add([]byte("# c\n[a]\n[ b ]\n;\naws_access_key_id\n=\n"), "b")
	f.Fuzz(func(t *testing.T, text []byte, profile string) {
		k, err := parseProfile(text, profile)
		if err == nil && (k.ID == "" || k.Secret == "") {
			t.Errorf("%v without a key and without an error", k)
		}
		if err != nil && len(k.Secret) > 0 && bytes.Contains([]byte(err.Error()), []byte(k.Secret)) {
			t.Error("the error shows the secret")
		}
	})
}
