package cloudauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// The servers here are fakes after the vendors' documents, which the functions name.

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// authorization is what a request gets.
func authorization(t *testing.T, a interface {
	Authorize(*http.Request, []byte) ([]string, error)
}) (string, error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://example.com/", nil)
	_, err := a.Authorize(r, nil)
	return r.Header.Get("Authorization"), err
}

func TestGoogleGivesTheTokenOfTheServiceAccount(t *testing.T) {
	host := strings.TrimPrefix(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/computeMetadata/v1/instance/service-accounts/shop/token" || r.Header.Get("Metadata-Flavor") != "Google" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		w.Header().Set("Metadata-Flavor", "Google")
		fmt.Fprint(w, `{"access_token":"ya29.x","expires_in":3599,"token_type":"Bearer"}`)
	}), "http://")
	if got, err := authorization(t, Google("shop", env("GCE_METADATA_HOST", host))); err != nil || got != "Bearer ya29.x" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAServerThatIsNoMetadataServerOfGoogleGivesNothing(t *testing.T) {
	host := strings.TrimPrefix(serve(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"access_token":"ya29.x","expires_in":3599}`)
	}), "http://")
	if got, err := authorization(t, Google("", env("GCE_METADATA_HOST", host))); err == nil || got != "" || !strings.Contains(err.Error(), "Metadata-Flavor") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAzureGivesTheTokenOfTheManagedIdentity(t *testing.T) {
	machine := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metadata/identity/oauth2/token" || r.URL.Query().Get("api-version") != "2018-02-01" ||
			r.URL.Query().Get("resource") != "https://monitor.azure.com" || r.URL.Query().Get("client_id") != "id-1" || r.Header.Get("Metadata") != "true" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"invalid_request","error_description":"Required metadata header not specified"}`)
			return
		}
		fmt.Fprint(w, `{"access_token":"eyJ0.m","expires_in":"3599","expires_on":"1506484173","token_type":"Bearer"}`)
	})
	service := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/msi/token" || r.URL.Query().Get("api-version") != "2019-08-01" || r.Header.Get("X-IDENTITY-HEADER") != "h-1" || r.URL.Query().Has("client_id") {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, `{"access_token":"eyJ0.s","expires_on":"%d"}`, time.Now().Add(time.Hour).Unix())
	})
	for what, c := range map[string]struct {
		token *Token
		want  string
	}{
		"machine":       {Azure("https://monitor.azure.com", "id-1", env("AZURE_POD_IDENTITY_AUTHORITY_HOST", machine+"/")), "Bearer eyJ0.m"},
		"AZURE_CLIENT":  {Azure("https://monitor.azure.com", "", env("AZURE_POD_IDENTITY_AUTHORITY_HOST", machine, "AZURE_CLIENT_ID", "id-1")), "Bearer eyJ0.m"},
		"App Service":   {Azure("https://monitor.azure.com", "", env("IDENTITY_ENDPOINT", service+"/msi/token", "IDENTITY_HEADER", "h-1")), "Bearer eyJ0.s"},
		"refused":       {Azure("https://monitor.azure.com", "", env("AZURE_POD_IDENTITY_AUTHORITY_HOST", machine)), "400 Bad Request: invalid_request"},
		"Arc":           {Azure("https://monitor.azure.com", "", env("IDENTITY_ENDPOINT", service)), "Azure Arc"},
		"bad endpoint":  {Azure("https://monitor.azure.com", "", env("IDENTITY_ENDPOINT", "::", "IDENTITY_HEADER", "h")), "no URL"},
		"nobody's home": {Azure("https://monitor.azure.com", "", env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1")), "connection refused"},
	} {
		got, err := authorization(t, c.token)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", what, got)
		}
	}
}

func TestACredentialIsKeptUntilShortlyBeforeItExpiresAndRenewedThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld[int]()
		asked, down := 0, false
		get := func() (int, error) {
			return h.get(t.Context(), func(context.Context) (int, time.Time, error) {
				if asked++; down {
					return 0, time.Time{}, errors.New("down")
				}
				return asked, time.Now().Add(time.Hour), nil
			})
		}
		want := func(value, calls int) {
			t.Helper()
			if v, err := get(); err != nil || v != value || asked != calls {
				t.Errorf("got %d, %v after %d calls, want %d after %d", v, err, asked, value, calls)
			}
		}
		want(1, 1)
		time.Sleep(54 * time.Minute)
		want(1, 1)
		time.Sleep(2 * time.Minute) // four minutes before its end
		want(2, 2)
		down = true
		time.Sleep(56 * time.Minute)
		want(2, 3) // the server is down, and the old one still good
		want(2, 3) // nor is it asked each time
		time.Sleep(time.Minute)
		want(2, 4)
		time.Sleep(4 * time.Minute)
		if _, err := get(); err == nil {
			t.Error("a credential that has expired was used")
		}
		down = false
		want(6, 6)
	})
}

func TestAServerThatHandsOutAnOldCredentialIsNotAskedForEachRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, asked := newHeld[int](), 0
		end := time.Now().Add(2 * time.Minute)
		for range 100 {
			_, _ = h.get(t.Context(), func(context.Context) (int, time.Time, error) { asked++; return 1, end, nil })
			time.Sleep(time.Second)
		}
		if asked != 4 {
			t.Errorf("asked %d times in 100 s", asked)
		}
	})
}

func TestManyRequestsAtOnceAskOnceAndNoneWaitsLongerThanItsContext(t *testing.T) {
	var asked atomic.Int32
	gate := make(chan struct{})
	host := strings.TrimPrefix(serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-gate
		w.Header().Set("Metadata-Flavor", "Google")
		fmt.Fprint(w, `{"access_token":"t","expires_in":3599}`)
	}), "http://")
	token := Google("", env("GCE_METADATA_HOST", host))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := authorization(t, token); err != nil {
				t.Error(err)
			}
		})
	}
	for asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := token.Authorize(httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	close(gate)
	wg.Wait()
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// role answers as the credentials endpoints of containers do.
func role(w http.ResponseWriter, id string) {
	fmt.Fprintf(w, `{"Code":"Success","AccessKeyId":%q,"SecretAccessKey":"s3cret-key","Token":"session","Expiration":%q}`, id, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
}

func TestTheAccessKeyIsTheFirstThatThereIs(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "credentials")
	text := "# keys\n[default]\naws_access_key_id=FILE\naws_secret_access_key = s3cret-key \n\n[ other ]\nAWS_ACCESS_KEY_ID = OTHER\naws_secret_access_key=s3cret-key\naws_session_token=session\n[half]\naws_access_key_id=x\n[sso]\nsso_session=y\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	container := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "let-me-in" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		role(w, "CONTAINER")
	})
	machine := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token" && r.Header.Get("X-aws-ec2-metadata-token-ttl-seconds") != "":
			fmt.Fprint(w, "imds-token")
		case r.Header.Get("X-aws-ec2-metadata-token") != "imds-token":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/latest/meta-data/iam/security-credentials/":
			fmt.Fprint(w, "shop-role\n")
		case r.URL.Path == "/latest/meta-data/iam/security-credentials/shop-role":
			role(w, "MACHINE")
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
	tokenFile := filepath.Join(dir, "token")
	if err := os.WriteFile(tokenFile, []byte("let-me-in\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	none := []string{"AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none")}
	for _, c := range []struct {
		name string
		o    AWSOptions
		env  []string
		want string
	}{
		{"written", AWSOptions{Key: Key{ID: "WRITTEN", Secret: "s3cret-key"}}, []string{"AWS_ACCESS_KEY_ID", "ENV", "AWS_SECRET_ACCESS_KEY", "s"}, "Credential=WRITTEN/"},
		{"environment", AWSOptions{}, []string{"AWS_ACCESS_KEY_ID", "ENV", "AWS_SECRET_ACCESS_KEY", "s3cret-key", "AWS_SHARED_CREDENTIALS_FILE", file}, "Credential=ENV/"},
		{"file", AWSOptions{}, []string{"AWS_SHARED_CREDENTIALS_FILE", file}, "Credential=FILE/"},
		{"profile of the environment", AWSOptions{}, []string{"AWS_SHARED_CREDENTIALS_FILE", file, "AWS_PROFILE", "other"}, "Credential=OTHER/"},
		{"profile before environment", AWSOptions{File: file, Profile: "other"}, []string{"AWS_ACCESS_KEY_ID", "ENV", "AWS_SECRET_ACCESS_KEY", "s"}, "Credential=OTHER/"},
		{"half a profile", AWSOptions{File: file, Profile: "half"}, nil, `profile "half" has no`},
		{"a profile of another kind", AWSOptions{}, []string{"AWS_SHARED_CREDENTIALS_FILE", file, "AWS_PROFILE", "sso"}, "not supported"},
		{"no such profile", AWSOptions{File: file, Profile: "x"}, nil, `no profile "x"`},
		{"no such file", AWSOptions{File: filepath.Join(dir, "none")}, nil, "does not exist"},
		{"container", AWSOptions{}, append(none, "AWS_CONTAINER_CREDENTIALS_FULL_URI", container+"/role", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "let-me-in"), "Credential=CONTAINER/"},
		{"container with a token file", AWSOptions{}, append(none, "AWS_CONTAINER_CREDENTIALS_FULL_URI", container, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", tokenFile), "Credential=CONTAINER/"},
		{"container that refuses", AWSOptions{}, append(none, "AWS_CONTAINER_CREDENTIALS_FULL_URI", container), "401 Unauthorized"},
		{"container elsewhere", AWSOptions{}, append(none, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/"), "https only"},
		{"machine", AWSOptions{}, append(none, "AWS_EC2_METADATA_SERVICE_ENDPOINT", machine), "Credential=MACHINE/"},
		{"machine switched off", AWSOptions{}, append(none, "AWS_EC2_METADATA_DISABLED", "true"), "there is no access key of AWS"},
	} {
		c.o.Region, c.o.Service, c.o.Env = "eu-central-1", "logs", env(c.env...)
		a, err := NewAWS(c.o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := authorization(t, a)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) || strings.Contains(got, "s3cret") {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestARenewedCredentialsFileIsReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials")
	write := func(id string) {
		if err := os.WriteFile(file, fmt.Appendf(nil, "[default]\naws_access_key_id=%s\naws_secret_access_key=s\n", id), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("ONE")
	a, err := NewAWS(AWSOptions{Region: "r", Service: "logs", File: file, Env: env()})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"ONE", "SECOND"} {
		write(id)
		if got, err := authorization(t, a); err != nil || !strings.Contains(got, "Credential="+id+"/") {
			t.Errorf("%s, %v", got, err)
		}
	}
}

func TestWhatCannotSignIsRefused(t *testing.T) {
	for _, o := range []AWSOptions{{Region: "r"}, {Service: "s"}, {Region: "r", Service: "s", Key: Key{ID: "x"}}, {Region: "r", Service: "s", Key: Key{SessionToken: "x"}},
		{Region: "r", Service: "s", Key: Key{ID: "x", Secret: "y"}, Profile: "p"}} {
		if _, err := NewAWS(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}
