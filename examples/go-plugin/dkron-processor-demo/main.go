// A processor that does what its configuration says under `do`, well and badly.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	goplugin "dkron.example/go-plugin"
)

func main() {
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: os.Stderr, JSONFormat: true})
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: goplugin.Handshake,
		Plugins:         map[string]plugin.Plugin{"processor": &goplugin.ProcessorPlugin{Process: process}},
		Logger:          logger,
	})
}

func process(args *goplugin.ProcessorArgs) (goplugin.Execution, error) {
	execution, config := args.Execution, args.Config
	switch config["do"] {
	case "facts":
		execution.Output = fmt.Appendf(nil, "%s %v %s %d %d %v %v %s", execution.JobName, execution.Success,
			execution.NodeName, execution.Group, execution.Attempt, execution.StartedAt != nil,
			execution.FinishedAt != nil, config["reporting_node"])
	case "print":
		fmt.Printf("%s", execution.Output)
	case "fail":
		return execution, errors.New("told to fail")
	case "crash":
		os.Exit(3)
	case "hang":
		time.Sleep(time.Hour)
	case "grow":
		count, _ := strconv.Atoi(config["count"])
		execution.Output = bytes.Repeat([]byte("0123456789abcde\n"), count<<16)
	case "":
		if forward, _ := strconv.ParseBool(config["forward"]); !forward {
			execution.Output = []byte("processed by Go")
		}
	default:
		return execution, fmt.Errorf("do: %q is unknown", config["do"])
	}
	return execution, nil
}
