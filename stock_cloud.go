package hydra

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination/httpdest"
)

// newCloud makes the driver of async_cloud. The services have intakes that need no library of theirs:
//
//	aws    CloudWatch Logs, its OTLP endpoint, with an API key as auth_token; options region, log_group, log_stream
//	gcp    Cloud Logging, the OTLP endpoint of Telemetry, with an access token in auth_token or token_file; option project
//	azure  Azure Monitor, the Logs Ingestion API, with an access token; url of the endpoint, options rule_id, stream
func newCloud(t httpdest.Target, d *config.ResolvedDestination, e *engine) (*httpdest.Driver, error) {
	switch service := strings.ToLower(strings.TrimSpace(d.Network.ServiceType)); service {
	case "aws":
		return newAWS(t, d, e)
	case "gcp":
		return newGCP(t, d, e)
	case "azure":
		return newAzure(t, d)
	default:
		return nil, fmt.Errorf("service_type %q is none of aws, gcp, azure: for others use otlp or network_http with their URL", d.Network.ServiceType)
	}
}

// newAWS: see "Sending logs to CloudWatch with an OTLP endpoint" in the documents of CloudWatch Logs.
func newAWS(t httpdest.Target, d *config.ResolvedDestination, e *engine) (*httpdest.Driver, error) {
	var o struct {
		Compression string            `json:"compression"`
		TokenFile   string            `json:"token_file"`
		Resource    map[string]string `json:"resource"`
		Region      string            `json:"region"`
		LogGroup    string            `json:"log_group"`
		LogStream   string            `json:"log_stream"`
	}
	if err := errors.Join(noFormat(d), config.DecodeOptions(d.Options, &o)); err != nil {
		return nil, err
	}
	switch {
	case o.LogGroup == "" || o.LogStream == "":
		return nil, errors.New("service_type aws needs options.log_group and options.log_stream, which exist there already")
	case o.Region == "" && t.URL == "":
		return nil, errors.New("service_type aws needs options.region, or a url")
	case o.Region != "" && strings.Trim(o.Region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return nil, errors.New("options.region is the name of a region, such as eu-central-1")
	case t.Token == "" && o.TokenFile == "":
		return nil, errors.New("service_type aws needs an API key of CloudWatch Logs in auth_token or options.token_file; requests are not signed with an access key")
	}
	if t.URL == "" {
		t.URL = "https://logs." + o.Region + ".amazonaws.com"
	}
	t = t.WithHeader("x-aws-log-group", o.LogGroup).WithHeader("x-aws-log-stream", o.LogStream)
	return (&otlpOptions{o.Compression, o.TokenFile, o.Resource}).driver(t, e)
}

// newGCP: see "Telemetry (OTLP) API" in the documents of Google Cloud.
func newGCP(t httpdest.Target, d *config.ResolvedDestination, e *engine) (*httpdest.Driver, error) {
	var o struct {
		Compression string            `json:"compression"`
		TokenFile   string            `json:"token_file"`
		Resource    map[string]string `json:"resource"`
		Project     string            `json:"project"`
	}
	if err := errors.Join(noFormat(d), config.DecodeOptions(d.Options, &o)); err != nil {
		return nil, err
	}
	switch {
	case o.Project == "":
		return nil, errors.New("service_type gcp needs options.project")
	case t.Token == "" && o.TokenFile == "":
		return nil, errors.New("service_type gcp needs an access token in options.token_file, which somebody renews, or in auth_token")
	}
	if t.URL == "" {
		t.URL = "https://telemetry.googleapis.com"
	}
	resource := map[string]string{"gcp.project_id": o.Project}
	for k, v := range o.Resource {
		resource[k] = v
	}
	t = t.WithHeader("x-goog-user-project", o.Project)
	return (&otlpOptions{o.Compression, o.TokenFile, resource}).driver(t, e)
}

const azureMaxBytes = 1 << 20 // of a call

// newAzure: see "Logs Ingestion API in Azure Monitor".
func newAzure(t httpdest.Target, d *config.ResolvedDestination) (*httpdest.Driver, error) {
	var o struct {
		Compression string `json:"compression"`
		TokenFile   string `json:"token_file"`
		RuleID      string `json:"rule_id"`
		Stream      string `json:"stream"`
		APIVersion  string `json:"api_version"`
	}
	if err := config.DecodeOptions(d.Options, &o); err != nil {
		return nil, err
	}
	switch {
	case t.URL == "":
		return nil, errors.New("service_type azure needs the url of a data collection endpoint")
	case o.RuleID == "" || o.Stream == "" || strings.ContainsAny(o.RuleID+o.Stream, "/?#"):
		return nil, errors.New("service_type azure needs options.rule_id and options.stream of a data collection rule")
	case t.Token == "" && o.TokenFile == "":
		return nil, errors.New("service_type azure needs an access token in options.token_file, which somebody renews, or in auth_token")
	}
	if o.APIVersion == "" {
		o.APIVersion = "2023-01-01"
	}
	if o.Compression == "" {
		o.Compression = httpdest.Gzip
	}
	(&common{o.Compression, o.TokenFile}).apply(&t)
	t = t.WithPath("/dataCollectionRules/"+o.RuleID+"/streams/"+o.Stream).WithQuery("api-version", o.APIVersion)
	return httpdest.New(httpdest.Options{Target: t, Payload: httpdest.Array, MaxBytes: azureMaxBytes})
}
