// A host in Go with Dkron's settings: runs plugins in whatever language.
//
//	host executor PATH JOB [KEY=VALUE]...   progress on stderr, output on stdout, exit code 2 if the run failed
//	host processor PATH JOB [KEY=VALUE]...  output of the run on stdin, processed output on stdout
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	goplugin "dkron.example/go-plugin"
)

func main() {
	kind, path, job := os.Args[1], os.Args[2], os.Args[3]
	config := map[string]string{}
	for _, argument := range os.Args[4:] {
		key, value, _ := strings.Cut(argument, "=")
		config[key] = value
	}
	protocol := plugin.ProtocolGRPC
	if kind == "processor" {
		protocol = plugin.ProtocolNetRPC
	}
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  goplugin.Handshake,
		Plugins:          plugin.PluginSet{"executor": &goplugin.ExecutorPlugin{}, "processor": &goplugin.ProcessorPlugin{}},
		Cmd:              exec.Command(path),
		AllowedProtocols: []plugin.Protocol{protocol},
		AutoMTLS:         os.Getenv("AUTO_MTLS") != "",
		SyncStdout:       os.Stderr,
		SyncStderr:       os.Stderr,
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, Output: os.Stderr}),
	})
	code := 0
	if err := run(client, kind, job, config); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		code = 2
	}
	client.Kill()
	if !client.Exited() {
		fmt.Fprintln(os.Stderr, "error: the plugin did not end")
		code = 3
	}
	os.Exit(code)
}

func run(client *plugin.Client, kind, job string, config map[string]string) error {
	connection, err := client.Client()
	if err != nil {
		return err
	}
	if err := connection.Ping(); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	dispensed, err := connection.Dispense(kind)
	if err != nil {
		return err
	}
	if kind == "processor" {
		return process(dispensed.(*goplugin.ProcessorClient), job, config)
	}
	report := func(output []byte, stderr bool) error {
		fmt.Fprintf(os.Stderr, "progress (stderr %v): %s\n", stderr, output)
		return nil
	}
	response, err := dispensed.(*goplugin.ExecutorClient).Execute(context.Background(), job, config, report)
	if err != nil {
		return err
	}
	os.Stdout.Write(response.Output)
	if response.Error != "" {
		return fmt.Errorf("run: %s", response.Error)
	}
	return nil
}

func process(processor *goplugin.ProcessorClient, job string, config map[string]string) error {
	output, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	config["reporting_node"] = "host"
	execution := goplugin.Execution{
		JobName: job, Success: true, Output: output, NodeName: "node", Group: 1700000000000000000, Attempt: 1,
		StartedAt: &goplugin.Timestamp{Seconds: 1700000000, Nanos: 5}, FinishedAt: &goplugin.Timestamp{Seconds: 1700000001},
	}
	processed, err := processor.Process(&goplugin.ProcessorArgs{Execution: execution, Config: config})
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(processed.Output)
	return err
}
