// An executor that does what its configuration says under `do`, well and badly.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	goplugin "dkron.example/go-plugin"
)

var logger = hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: os.Stderr, JSONFormat: true})

func main() {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: goplugin.Handshake,
		Plugins:         map[string]plugin.Plugin{"executor": &goplugin.ExecutorPlugin{Execute: execute}},
		GRPCServer:      plugin.DefaultGRPCServer,
		Logger:          logger,
	})
}

func execute(jobName string, config map[string]string, report goplugin.Report) ([]byte, error) {
	text := config["text"]
	count, _ := strconv.Atoi(config["count"])
	switch config["do"] {
	case "echo":
		return []byte(text), nil
	case "env":
		return []byte(os.Getenv(text)), nil
	case "fail":
		return []byte("output of a failure"), errors.New(text)
	case "progress": // what is reported is also the result
		var all bytes.Buffer
		for i := range count {
			line := fmt.Sprintf("%s %d\n", text, i)
			all.WriteString(line)
			if err := report([]byte(line), i%2 == 1); err != nil {
				return nil, err
			}
		}
		return all.Bytes(), nil
	case "crash": // in the middle of a run
		_ = report([]byte("about to crash\n"), false)
		os.Exit(3)
	case "panic":
		panic(text)
	case "hang":
		_ = report([]byte("started"), false)
		select {}
	case "pieces": // reported one after another
		for piece := range strings.SplitSeq(text, "|") {
			if err := report([]byte(piece), false); err != nil {
				return nil, err
			}
			time.Sleep(20 * time.Millisecond)
		}
		return []byte(strings.ReplaceAll(text, "|", "")), nil
	case "flood": // megabytes, reported one by one, and the text as the last
		megabyte := bytes.Repeat([]byte("0123456789abcde\n"), 1<<16)
		for range count {
			if err := report(megabyte, false); err != nil {
				return nil, err
			}
		}
		return []byte(text), nil
	case "huge": // megabytes in the answer
		return bytes.Repeat([]byte("0123456789abcde\n"), count<<16), nil
	case "hog": // megabytes of memory
		held := bytes.Repeat([]byte{1}, count<<20)
		time.Sleep(time.Minute)
		return held[:1], nil
	case "print":
		fmt.Print(text)
		fmt.Fprint(os.Stderr, text)
		return nil, nil
	case "log":
		logger.Warn(text, "job", jobName, "count", count)
		return nil, nil
	}
	return nil, fmt.Errorf("do: %q is unknown", config["do"])
}
