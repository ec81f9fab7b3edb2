package hydra_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/internal/httpfake"
)

// googleKeyFile makes the key of a service account whose tokens url gives.
func googleKeyFile(t *testing.T, url string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{"type": "service_account", "client_email": "shop@p.iam.gserviceaccount.com",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": url})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestGoogleIsWrittenToWithTheKeyOfAServiceAccount(t *testing.T) {
	s := httpfake.Start(t, func(w http.ResponseWriter, r *http.Request, body []byte) ([][]byte, error) {
		if r.Header.Get("Authorization") != "Bearer ya29.key" || r.Header.Get("x-goog-user-project") != "p" {
			return nil, fmt.Errorf("%v", r.Header)
		}
		return [][]byte{body}, nil
	})
	s.Answer(func(w http.ResponseWriter, r *http.Request, body []byte) bool {
		if r.URL.Path != "/token" {
			return false
		}
		fmt.Fprint(w, `{"access_token":"ya29.key","expires_in":3599}`)
		return true
	})
	file := googleKeyFile(t, s.URL+"/token")
	config := func(options string) []byte {
		return fmt.Appendf(nil, "layers: {app: {destinations: [{type: async_cloud, service_type: gcp, url: %q, options: {project: p, %s}}]}}", s.URL, options)
	}
	t.Run("in the file", func(t *testing.T) { deliverOne(t, s, config("credentials_file: "+file)) })
	t.Run("in the environment", func(t *testing.T) {
		t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
		deliverOne(t, s, config("resource: {a: b}"))
	})
	for what, options := range map[string]string{
		"exclude each other": "service_account: shop, credentials_file: " + file,
		"no such file":       "credentials_file: " + file + ".none",
	} {
		if _, err := hydra.Parse(config(options)); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", options, err)
		}
	}
}

// deliverOne logs one record, which must arrive.
func deliverOne(t *testing.T, s *httpfake.Server, config []byte) {
	t.Helper()
	before := len(s.Received())
	log, err := hydra.Parse(config)
	if err != nil {
		t.Fatal(err)
	}
	log.Layer("app").Info(t.Context(), "a message for the test")
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	if d := log.Health().Destinations[0]; len(s.Received()) == before || d.Ledger.Delivered != 1 {
		t.Errorf("%+v", d)
	}
}
